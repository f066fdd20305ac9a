import { presentBatch } from '@sluice/broker';
import { batchSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { batchNotFound } from '../batches/batch-not-found.ts';
import { cancelBatch } from '../batches/cancel-batch.ts';
import { retryBatch } from '../batches/retry-batch.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idempotencyHeadersSchema, idParamsSchema } from '../route-schemas.ts';

/** No body, or an empty object: some clients always send one. */
const noBodySchema = z.strictObject({}).nullish();

/** `POST /v1/batches/{id}/cancel` and `/{id}/retry`. */
export function addChangeBatchRoutes(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/batches/:id/cancel',
    schema: {
      operationId: 'cancelBatch',
      summary: 'Cancel a batch',
      description: 'What has ended stays and can be read; all other lines end.',
      tags: ['batches'],
      params: idParamsSchema,
      body: noBodySchema,
      response: {
        200: jsonResponse('The batch, now `cancelling`.', batchSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'not_found',
          'batch_ended',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request) => {
      const batch = await cancelBatch(request.params.id, request.caller, deps);
      return presentBatch(batch, { baseUrl: deps.baseUrl() });
    },
  });

  app.route({
    method: 'POST',
    url: '/batches/:id/retry',
    config: { handlerTimeoutMs: null },
    schema: {
      operationId: 'retryBatch',
      summary: 'Run the failed lines of an ended batch again',
      description:
        'Makes a new batch, with `retried_from`, of the lines that failed, expired or were cancelled.',
      tags: ['batches'],
      params: idParamsSchema,
      headers: idempotencyHeadersSchema.omit({ prefer: true }),
      body: noBodySchema,
      response: {
        200: jsonResponse('The new batch.', batchSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'not_found',
          'batch_not_ended',
          'nothing_to_retry',
          'idempotency_key_reused',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const old = await request.caller.batches.get(id);
      if (!old) throw batchNotFound(id);
      const { batch, replayed } = await retryBatch(request, old, deps);
      if (replayed) reply.header('idempotent-replayed', 'true');
      return presentBatch(batch, { baseUrl: deps.baseUrl() });
    },
  });
}
