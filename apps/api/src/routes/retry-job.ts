import { ApiError, isTerminal, jobSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { createJobId } from '../create-job-id.ts';
import { createNewJob } from '../create-new-job.ts';
import { errorResponses } from '../error-responses.ts';
import { hashBody } from '../hash-body.ts';
import { jobNotFound } from '../job-not-found.ts';
import { jsonResponse } from '../json-response.ts';
import { parseIdempotencyKey } from '../parse-idempotency-key.ts';
import { idempotencyHeadersSchema, idParamsSchema } from '../route-schemas.ts';
import { showJob } from '../show-job.ts';
import { storeNewJob } from '../store-new-job.ts';
import { toResubmission } from '../to-resubmission.ts';

/** `POST /v1/jobs/{id}/retry`. */
export function addRetryJobRoute(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/jobs/:id/retry',
    schema: {
      operationId: 'retryJob',
      summary: 'Run an ended job again',
      description:
        'Makes a new job with `retried_from`; the old one stays as it is. 409 while it has not ended.',
      tags: ['jobs'],
      params: idParamsSchema,
      headers: idempotencyHeadersSchema.omit({ prefer: true }),
      body: z.strictObject({}).nullish(),
      response: {
        202: jsonResponse('The new job is stored.', jobSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'unknown_route',
          'unknown_target',
          'no_eligible_target',
          'not_allowed',
          'not_found',
          'job_not_ended',
          'unsupported_media_type',
          'idempotency_key_reused',
          'tenant_queue_full',
          'key_quota_exceeded',
          'redis_full',
        ),
      },
    },
    handler: async (request, reply) => {
      const { caller } = request;
      const old = await caller.jobs.get(request.params.id);
      if (!old) throw jobNotFound(request.params.id);
      if (!isTerminal(old.status))
        throw new ApiError('job_not_ended', 'The job has not ended.', { param: 'id' });
      const idempotencyKey = parseIdempotencyKey(request.headers['idempotency-key']);
      const id = await createJobId({ ...deps, tenant: caller.tenant, idempotencyKey });
      const newJob = await createNewJob(
        {
          id,
          bodyHash: hashBody({ retry: old.id }),
          submission: toResubmission(old),
          caller,
          retriedFrom: old.id,
          nowMs: Date.now(),
        },
        deps,
      );
      const { job, replayed } = await storeNewJob(newJob, { ...deps, jobs: caller.jobs });
      if (replayed) reply.header('idempotent-replayed', 'true');
      reply.code(202).header('location', `${deps.baseUrl()}/v1/jobs/${id}`);
      return showJob(job, { ...deps, jobs: caller.jobs });
    },
  });
}
