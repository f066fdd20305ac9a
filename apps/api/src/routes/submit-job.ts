import type { JobRecord } from '@sluice/broker';
import { isTerminal, jobSchema, jobSubmissionSchema } from '@sluice/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { createJobId } from '../create-job-id.ts';
import { createNewJob } from '../create-new-job.ts';
import { errorResponses } from '../error-responses.ts';
import { hashBody } from '../hash-body.ts';
import { jsonResponse } from '../json-response.ts';
import { parseIdempotencyKey } from '../parse-idempotency-key.ts';
import { readQualityHint } from '../read-quality-hint.ts';
import { redisOutageReason } from '../redis-outage-reason.ts';
import { idempotencyHeadersSchema } from '../route-schemas.ts';
import { parsePreferWaitMs } from '../parse-prefer-wait.ts';
import { showJob } from '../show-job.ts';
import { storeNewJob } from '../store-new-job.ts';
import { waitForEnd } from '../wait-for-end.ts';
import { withKeyDefaults } from '../with-key-defaults.ts';
import { withoutNulls } from '../without-nulls.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of the body as it was sent, before defaults were filled in. */
    bodyHash: string;
  }
}

/** `POST /v1/jobs`. */
export function addSubmitJobRoute(app: ApiServer, deps: ApiDeps & { closing: AbortSignal }): void {
  app.route({
    method: 'POST',
    url: '/jobs',
    config: { handlerTimeoutMs: deps.limits.maxWaitMs + deps.limits.handlerTimeoutMs },
    schema: {
      operationId: 'submitJob',
      summary: 'Submit a job',
      description:
        '202: the job is stored and will run. 200: it ended while the request waited (`Prefer: wait=N`).',
      tags: ['jobs'],
      headers: idempotencyHeadersSchema,
      body: jobSubmissionSchema,
      response: {
        200: jsonResponse('The job has ended.', jobSchema),
        202: jsonResponse('The job is stored.', jobSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'unsupported_option',
          'body_too_deep',
          'unknown_route',
          'unknown_target',
          'no_eligible_target',
          'not_allowed',
          'unknown_model',
          'invalid_webhook_url',
          'body_too_large',
          'unsupported_media_type',
          'idempotency_key_reused',
          'tenant_queue_full',
          'key_quota_exceeded',
          'redis_full',
        ),
      },
    },
    preValidation: async (request) => {
      request.bodyHash = hashBody(request.body);
      const sent = withoutNulls(request.body);
      request.body = withKeyDefaults(sent, request.caller.defaults) as typeof request.body;
    },
    handler: async (request, reply) => {
      const idempotencyKey = parseIdempotencyKey(request.headers['idempotency-key']);
      const { caller, bodyHash } = request;
      const submission = {
        ...request.body,
        quality: request.body.quality ?? readQualityHint(request.headers),
      };
      const id = await createJobId({ ...deps, tenant: caller.tenant, idempotencyKey });
      const newJob = await createNewJob({ id, bodyHash, submission, caller, nowMs: Date.now() }, deps);
      const { job, replayed } = await storeNewJob(newJob, { ...deps, jobs: caller.jobs });
      if (replayed) reply.header('idempotent-replayed', 'true');
      const shown = await waitIfPreferred(job, { request, reply, deps });
      const ended = isTerminal(shown.status) && reply.hasHeader('preference-applied');
      reply.header('location', `${deps.baseUrl()}/v1/jobs/${id}`).code(ended ? 200 : 202);
      return showJob(shown, { ...deps, jobs: caller.jobs });
    },
  });
}

/** The job's state after the wait that the caller prefers; a store that fails meanwhile does not undo the submit. */
async function waitIfPreferred(
  job: JobRecord,
  {
    request,
    reply,
    deps,
  }: { request: FastifyRequest; reply: FastifyReply; deps: ApiDeps & { closing: AbortSignal } },
): Promise<JobRecord> {
  const waitMs = parsePreferWaitMs(request.headers.prefer, deps.limits.maxWaitMs);
  if (waitMs === null) return job;
  reply.header('preference-applied', `wait=${Math.floor(waitMs / 1_000)}`);
  const signal = AbortSignal.any([request.gone, deps.closing]);
  try {
    return (await waitForEnd({ id: job.id, jobs: request.caller.jobs, waitMs, signal }, deps)) ?? job;
  } catch (error) {
    if (redisOutageReason(error) === null) throw error;
    return job;
  }
}
