import { ApiError, jobSchema } from '@sluice/contracts';
import type { ListJobsQuery } from '@sluice/broker';
import type { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { jobNotFound } from '../job-not-found.ts';
import { idParamsSchema, jobListSchema, listJobsQuerySchema, waitQuerySchema } from '../route-schemas.ts';
import { showJob } from '../show-job.ts';
import { waitForEnd } from '../wait-for-end.ts';

/** `GET /v1/jobs/{id}` and `GET /v1/jobs`. */
export function addReadJobRoutes(app: ApiServer, deps: ApiDeps & { closing: AbortSignal }): void {
  app.route({
    method: 'GET',
    url: '/jobs/:id',
    config: { handlerTimeoutMs: deps.limits.maxWaitMs + deps.limits.handlerTimeoutMs },
    schema: {
      operationId: 'getJob',
      summary: 'Read a job',
      description:
        'With `?wait=N` the answer comes when the job has ended, or after N seconds as it then is.',
      tags: ['jobs'],
      params: idParamsSchema,
      querystring: waitQuerySchema,
      response: {
        200: jsonResponse('The job.', jobSchema),
        ...errorResponses('invalid_request', 'not_found'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const waitMs = Math.min(Number(request.query.wait ?? 0) * 1_000, deps.limits.maxWaitMs);
      const signal = AbortSignal.any([request.gone, deps.closing]);
      const record = waitMs === 0 ? await jobs.get(id) : await waitForEnd({ id, jobs, waitMs, signal }, deps);
      if (!record) throw jobNotFound(id);
      return showJob(record, { ...deps, jobs });
    },
  });

  app.route({
    method: 'GET',
    url: '/jobs',
    schema: {
      operationId: 'listJobs',
      summary: 'List jobs',
      description:
        'Newest first. Filters scan a bounded number of jobs, so a page may hold fewer than `limit` although ' +
        '`has_more` is true: go on from `last_id`.',
      tags: ['jobs'],
      querystring: listJobsQuerySchema,
      response: {
        200: jsonResponse('A page of jobs.', jobListSchema),
        ...errorResponses('invalid_request', 'invalid_cursor'),
      },
    },
    handler: async (request) => {
      const { jobs } = request.caller;
      const outcome = await jobs.list(toListQuery(request.query));
      if (outcome.status === 'unknown_cursor') {
        throw new ApiError('invalid_cursor', 'after names no job of this tenant.', { param: 'after' });
      }
      const data = await Promise.all(outcome.jobs.map((job) => showJob(job, { ...deps, jobs })));
      return {
        object: 'list' as const,
        data,
        first_id: data[0]?.id ?? null,
        last_id: outcome.lastId ?? data.at(-1)?.id ?? null,
        has_more: outcome.hasMore,
      };
    },
  });
}

function toListQuery(query: z.output<typeof listJobsQuerySchema>): Omit<ListJobsQuery, 'tenant'> {
  const { limit, after, status, tier, target, tag, key, batch, task } = query;
  return {
    limit,
    ...(after === undefined ? {} : { after }),
    ...(status === undefined ? {} : { status }),
    ...(tier === undefined ? {} : { tier }),
    ...(target === undefined ? {} : { target }),
    ...(tag === undefined ? {} : { tag }),
    ...(key === undefined ? {} : { keyId: key }),
    ...(batch === undefined ? {} : { batchId: batch }),
    ...(task === undefined ? {} : { task }),
    ...(query.created_after === undefined ? {} : { createdAfterMs: query.created_after }),
    ...(query.created_before === undefined ? {} : { createdBeforeMs: query.created_before }),
  };
}
