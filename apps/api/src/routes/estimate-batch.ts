import type { NewBatch } from '@sluice/broker';
import {
  batchEstimateQuerySchema,
  batchEstimateSchema,
  parseDurationMs,
  type BatchOptionsInput,
} from '@sluice/contracts';
import type { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { checkBatchTargets } from '../batches/check-batch-targets.ts';
import { estimateBatch } from '../batches/estimate-batch.ts';
import { createLineToJob } from '../batches/line-to-job.ts';
import { streamedBody, takeStreamedBodies } from '../batches/take-streamed-bodies.ts';
import type { Caller } from '../caller.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { toValidationError } from '../to-validation-error.ts';

/** `POST /v1/batches/estimate`; needs a scope of its own, because bodies are streamed. */
export function addEstimateBatchRoute(app: ApiServer, deps: ApiDeps): void {
  takeStreamedBodies(app, { json: false });
  app.route({
    method: 'POST',
    url: '/batches/estimate',
    config: { handlerTimeoutMs: null, bodyTimeoutMs: deps.limits.uploadTimeoutMs },
    schema: {
      operationId: 'estimateBatch',
      summary: 'Check the file of a batch and estimate its cost',
      description:
        'Takes the file itself, as JSONL, looks at every line as the check of a batch does, and keeps and runs nothing. ' +
        'All lines are looked at, also after the first hundred errors.',
      tags: ['batches'],
      consumes: ['application/x-ndjson'],
      querystring: batchEstimateQuerySchema,
      response: {
        200: jsonResponse('What a batch of this file would be.', batchEstimateSchema),
        ...errorResponses(
          'invalid_request',
          'unknown_route',
          'not_allowed',
          'file_too_large',
          'body_too_large',
          'too_many_lines',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request) => {
      request.raw.socket.setTimeout(0);
      const query = batchEstimateQuerySchema.safeParse(request.query);
      if (!query.success) throw toValidationError(query.error, 'query');
      const { caller } = request;
      checkBatchTargets(query.data, caller, deps);
      const batch = unstoredBatch(query.data, caller);
      const lineToJob = createLineToJob(batch, { ...deps, caller });
      return estimateBatch(streamedBody(request.body, deps.limits.maxStreamedBodyBytes), {
        batch,
        lineToJob,
      });
    },
  });
}

/** What a batch with these options would be; its id is nobody's. */
function unstoredBatch(
  { endpoint, tier, lane, route, ...options }: z.infer<typeof batchEstimateQuerySchema>,
  { tenant, keyId, allow, limits }: Caller,
): NewBatch {
  const createdAtMs = Date.now();
  const completionWindow: BatchOptionsInput['completion_window'] =
    options.within ?? options.completion_window;
  return {
    id: `batch_${'0'.repeat(24)}`,
    tenant,
    keyId,
    allow,
    limits,
    dialect: 'openai',
    endpoint,
    inputFileId: '',
    completionWindow,
    createdAtMs,
    expiresAtMs: createdAtMs + (parseDurationMs(completionWindow) as number),
    outputExpiresAfterSeconds: null,
    tier,
    lane,
    route: route ?? null,
    chain: null,
    metadata: null,
    tags: [],
    webhook: null,
    retriedFrom: null,
  };
}
