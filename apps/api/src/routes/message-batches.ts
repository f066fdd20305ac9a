import { ApiError, isEndedBatch } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { batchResults } from '../batches/batch-results.ts';
import { cancelBatch } from '../batches/cancel-batch.ts';
import {
  batchIdOfMessageBatch,
  messageBatchSchema,
  showMessageBatch,
} from '../batches/show-message-batch.ts';
import type { Caller } from '../caller.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idParamsSchema } from '../route-schemas.ts';
import { addCreateMessageBatchRoute } from './create-message-batch.ts';

const listQuerySchema = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number from 1 to 1000')
    .default('20')
    .transform(Number)
    .pipe(z.number().min(1, 'must be 1 or more').max(1_000, 'must be 1000 or less')),
  after_id: z.string().max(200).optional(),
  before_id: z.string().max(200).optional(),
});

/** `/v1/messages/batches`, as Anthropic has them. */
export async function addMessageBatchRoutes(app: ApiServer, deps: ApiDeps): Promise<void> {
  await app.register(async (streamed: ApiServer) => addCreateMessageBatchRoute(streamed, deps));
  const show = (batch: Parameters<typeof showMessageBatch>[0]) =>
    showMessageBatch(batch, { baseUrl: deps.baseUrl() });
  const find = async (id: string, { batches }: Caller) => {
    const batchId = batchIdOfMessageBatch(id);
    const batch = batchId === '' ? null : await batches.get(batchId);
    if (!batch || batch.dialect !== 'anthropic') {
      throw new ApiError('not_found', `There is no message batch ${id.slice(0, 80)}.`, { param: 'id' });
    }
    return batch;
  };

  app.route({
    method: 'GET',
    url: '/messages/batches',
    schema: {
      operationId: 'listMessageBatches',
      summary: 'List message batches',
      tags: ['anthropic'],
      querystring: listQuerySchema,
      response: {
        200: jsonResponse(
          'A page, newest first.',
          z.object({
            data: z.array(messageBatchSchema),
            has_more: z.boolean(),
            first_id: z.string().nullable(),
            last_id: z.string().nullable(),
          }),
        ),
        ...errorResponses('invalid_request', 'invalid_cursor'),
      },
    },
    handler: async (request) => {
      const { limit, after_id: after, before_id: before } = request.query;
      const outcome = await request.caller.batches.list({
        dialect: 'anthropic',
        limit,
        after: after === undefined ? undefined : batchIdOfMessageBatch(after),
        before: before === undefined ? undefined : batchIdOfMessageBatch(before),
      });
      if (outcome.status === 'unknown_cursor') {
        throw new ApiError('invalid_cursor', 'The cursor names no message batch.', { param: 'after_id' });
      }
      const data = outcome.batches.map(show);
      return {
        data,
        has_more: outcome.hasMore,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/messages/batches/:id',
    schema: {
      operationId: 'getMessageBatch',
      summary: 'Read a message batch',
      tags: ['anthropic'],
      params: idParamsSchema,
      response: { 200: jsonResponse('The batch.', messageBatchSchema), ...errorResponses('not_found') },
    },
    handler: async (request) => show(await find(request.params.id, request.caller)),
  });

  app.route({
    method: 'GET',
    url: '/messages/batches/:id/results',
    config: { handlerTimeoutMs: null },
    exposeHeadRoute: false,
    schema: {
      operationId: 'getMessageBatchResults',
      summary: 'Read the results of a message batch',
      description: 'One JSON line for each request, once the batch has ended.',
      tags: ['anthropic'],
      params: idParamsSchema,
      response: {
        200: { description: 'The results.', content: { 'application/x-jsonl': { schema: z.string() } } },
        ...errorResponses('not_found', 'batch_not_ended'),
      },
    },
    handler: async (request, reply) => {
      const batch = await find(request.params.id, request.caller);
      if (!isEndedBatch(batch.status)) {
        throw new ApiError('batch_not_ended', 'The batch has no results yet.', {
          param: 'id',
          headers: { 'x-should-retry': 'false' },
        });
      }
      const results = await batchResults(batch, { ...request.caller, baseUrl: deps.baseUrl }, request.gone);
      return reply
        .header('content-type', 'application/x-jsonl')
        .header('content-disposition', `attachment; filename="${request.params.id}_results.jsonl"`)
        .send(results as unknown as string);
    },
  });

  app.route({
    method: 'POST',
    url: '/messages/batches/:id/cancel',
    schema: {
      operationId: 'cancelMessageBatch',
      summary: 'Cancel a message batch',
      description: 'What has ended stays and can be read.',
      tags: ['anthropic'],
      params: idParamsSchema,
      body: z.strictObject({}).nullish(),
      response: {
        200: jsonResponse('The batch, now `canceling`.', messageBatchSchema),
        ...errorResponses('not_found', 'batch_ended', 'unsupported_media_type'),
      },
    },
    handler: async (request) => {
      const batch = await find(request.params.id, request.caller);
      return show(await cancelBatch(batch.id, request.caller, deps));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/messages/batches/:id',
    schema: {
      operationId: 'deleteMessageBatch',
      summary: 'Delete a message batch that has ended',
      tags: ['anthropic'],
      params: idParamsSchema,
      response: {
        200: jsonResponse(
          'It is gone.',
          z.object({ id: z.string(), type: z.literal('message_batch_deleted') }),
        ),
        ...errorResponses('not_found', 'batch_not_ended'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { batches, files } = request.caller;
      const batch = await find(id, request.caller);
      if (!(await batches.remove(batch.id))) {
        throw new ApiError('batch_not_ended', 'The batch has not ended.', {
          param: 'id',
          headers: { 'x-should-retry': 'false' },
        });
      }
      for (const file of [batch.inputFileId, batch.outputFileId]) {
        if (file !== null) await files.remove(file);
      }
      return { id, type: 'message_batch_deleted' as const };
    },
  });
}
