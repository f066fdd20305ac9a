import { ApiError, inlineBatchSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { MAX_ANTHROPIC_REQUESTS } from '../batches/batch-limits.ts';
import { batchOfInput } from '../batches/batch-of-input.ts';
import { createBatch } from '../batches/create-batch.ts';
import { messageBatchSchema, showMessageBatch } from '../batches/show-message-batch.ts';
import { storeInlineInput, type InlineRequest } from '../batches/store-inline-input.ts';
import { streamedBody, takeStreamedBodies } from '../batches/take-streamed-bodies.ts';
import { errorResponses } from '../error-responses.ts';
import { hashBody } from '../hash-body.ts';
import { jsonResponse } from '../json-response.ts';

/** Source: Anthropic API reference, "Message Batches", limits. */
const MAX_BODY_BYTES = 256 * 1024 * 1024;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

const bodySchema = z.strictObject({
  requests: z.array(
    z.strictObject({
      custom_id: z.string().regex(CUSTOM_ID),
      params: z.record(z.string(), z.unknown()).meta({ description: 'As `POST /v1/messages` takes them.' }),
    }),
  ),
});

/** `POST /v1/messages/batches`; needs a scope of its own, because bodies are streamed. */
export function addCreateMessageBatchRoute(app: ApiServer, deps: ApiDeps): void {
  takeStreamedBodies(app);
  app.route({
    method: 'POST',
    url: '/messages/batches',
    config: { handlerTimeoutMs: null, bodyTimeoutMs: deps.limits.uploadTimeoutMs },
    schema: {
      operationId: 'createMessageBatch',
      summary: 'Create a message batch, as Anthropic does',
      description:
        'At most 100,000 requests and 256 MB. `params.model` may be a route, a target or a plain model name. Faults of ' +
        '`params` end as `errored` results, as with Anthropic.',
      tags: ['anthropic'],
      body: bodySchema,
      response: {
        200: jsonResponse('The batch.', messageBatchSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'body_too_large',
          'file_too_large',
          'storage_unavailable',
          'too_many_lines',
          'unsupported_media_type',
          'idempotency_key_reused',
          'redis_full',
        ),
      },
    },
    handler: async (request) => {
      request.raw.socket.setTimeout(0);
      const { files } = request.caller;
      const { options: sent, input } = await storeInlineInput(
        streamedBody(request.body, deps.limits.maxStreamedBodyBytes),
        { isNdjson: false, toLine: createToLine(), maxBytes: MAX_BODY_BYTES },
        files,
      );
      if (!input) throw faultOf(sent) ?? noRequests();
      const { batch } = await batchOfInput(input, files, async () => {
        const fault = faultOf(sent) ?? (input.bytes === 0 ? noRequests() : null);
        if (fault) throw fault;
        const { endpoint: _endpoint, ...options } = inlineBatchSchema.parse({});
        return createBatch(
          request,
          {
            inputFileId: input.id,
            options,
            endpoint: '/v1/messages',
            dialect: 'anthropic',
            bodyHash: hashBody({ content: input.hash }),
          },
          deps,
        );
      });
      return showMessageBatch(batch, { baseUrl: deps.baseUrl() });
    },
  });
}

/** No field but the requests is known. */
function faultOf(sent: Record<string, unknown>): ApiError | null {
  const [unknown] = Object.keys(sent);
  if (unknown === undefined) return null;
  const param = unknown.slice(0, 80);
  return new ApiError('invalid_request', `${param} is not a known field.`, { param });
}

function noRequests(): ApiError {
  return new ApiError('invalid_request', 'requests must hold at least one request.', { param: 'requests' });
}

/** A request as a line of the input file. Ids are checked at once: a wrong one refuses the whole batch. */
function createToLine(): (request: InlineRequest) => object {
  const seen = new Set<string>();
  return ({ value, index }) => {
    const refuse = (message: string, param: string): never => {
      throw new ApiError('invalid_request', `requests.${index}.${param}: ${message}`, {
        param: `requests.${index}.${param}`,
      });
    };
    if (index >= MAX_ANTHROPIC_REQUESTS) {
      throw new ApiError('too_many_lines', `The batch has more than ${MAX_ANTHROPIC_REQUESTS} requests.`, {
        param: 'requests',
      });
    }
    const { custom_id: customId, params, ...rest } = value;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) refuse('is not a known field.', unknown.slice(0, 80));
    if (typeof customId !== 'string' || !CUSTOM_ID.test(customId)) {
      return refuse('must be 1 to 64 letters, digits, _ or -.', 'custom_id');
    }
    if (seen.has(customId)) refuse('must be unique within the batch.', 'custom_id');
    seen.add(customId);
    if (typeof params !== 'object' || params === null || Array.isArray(params))
      refuse('must be an object.', 'params');
    return { custom_id: customId, method: 'POST', url: '/v1/messages', body: params };
  };
}
