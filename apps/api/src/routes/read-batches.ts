import { presentBatch } from '@sluice/broker';
import { ApiError, batchSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { batchNotFound } from '../batches/batch-not-found.ts';
import { batchResults } from '../batches/batch-results.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';

/** `GET /v1/batches`, `/{id}` and `/{id}/results`. */
export function addReadBatchRoutes(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/batches',
    schema: {
      operationId: 'listBatches',
      summary: 'List batches',
      description: 'Newest first.',
      tags: ['batches'],
      querystring: pageQuerySchema,
      response: {
        200: jsonResponse('A page of batches.', listSchema(batchSchema)),
        ...errorResponses('invalid_request', 'invalid_cursor'),
      },
    },
    handler: async (request) => {
      const { limit, after } = request.query;
      const outcome = await request.caller.batches.list({ dialect: 'openai', limit, after });
      if (outcome.status === 'unknown_cursor') {
        throw new ApiError('invalid_cursor', 'after names no batch of this tenant.', { param: 'after' });
      }
      const data = outcome.batches.map((batch) => presentBatch(batch, { baseUrl: deps.baseUrl() }));
      return {
        object: 'list' as const,
        data,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
        has_more: outcome.hasMore,
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/batches/:id',
    schema: {
      operationId: 'getBatch',
      summary: 'Read a batch',
      tags: ['batches'],
      params: idParamsSchema,
      response: { 200: jsonResponse('The batch.', batchSchema), ...errorResponses('not_found') },
    },
    handler: async (request) => {
      const { id } = request.params;
      const batch = await request.caller.batches.get(id);
      if (!batch) throw batchNotFound(id);
      return presentBatch(batch, { baseUrl: deps.baseUrl() });
    },
  });

  app.route({
    method: 'GET',
    url: '/batches/:id/results',
    config: { handlerTimeoutMs: null },
    exposeHeadRoute: false,
    schema: {
      operationId: 'getBatchResults',
      summary: 'Read the results so far',
      description:
        'One JSON line for each line of the batch that has ended, answered or not, in the form of the output and error ' +
        'files; also while the batch runs.',
      tags: ['batches'],
      params: idParamsSchema,
      response: {
        200: { description: 'The results.', content: { 'application/x-ndjson': { schema: z.string() } } },
        ...errorResponses('not_found'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const batch = await request.caller.batches.get(id);
      if (!batch) throw batchNotFound(id);
      const results = await batchResults(batch, { ...request.caller, baseUrl: deps.baseUrl }, request.gone);
      return reply.header('content-type', 'application/x-ndjson').send(results as unknown as string);
    },
  });
}
