import { ApiError, jobSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jobNotFound } from '../job-not-found.ts';
import { jsonResponse } from '../json-response.ts';
import { deletedSchema, idParamsSchema } from '../route-schemas.ts';
import { showJob } from '../show-job.ts';

/** No body, or an empty object: some clients always send one. */
const noBodySchema = z.strictObject({}).nullish();

/** `POST /v1/jobs/{id}/cancel` and `DELETE /v1/jobs/{id}`. */
export function addChangeJobRoutes(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/jobs/:id/cancel',
    schema: {
      operationId: 'cancelJob',
      summary: 'Cancel a job',
      description:
        'Ends the job at once; a provider call that runs is aborted shortly after. 409 when it has ended.',
      tags: ['jobs'],
      params: idParamsSchema,
      body: noBodySchema,
      response: {
        200: jsonResponse('The cancelled job.', jobSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'not_found',
          'job_ended',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const outcome = await jobs.cancel(id);
      switch (outcome.status) {
        case 'cancelled':
          return showJob(outcome.job, { ...deps, jobs });
        case 'ended':
          // Cancelling twice is no error: what the caller wants is the case.
          if (outcome.job.status === 'cancelled') return showJob(outcome.job, { ...deps, jobs });
          throw new ApiError('job_ended', `The job has ended as ${outcome.job.status}.`, { param: 'id' });
        case 'not_found':
          throw jobNotFound(id);
        default:
          return outcome satisfies never;
      }
    },
  });

  app.route({
    method: 'DELETE',
    url: '/jobs/:id',
    schema: {
      operationId: 'deleteJob',
      summary: 'Erase a job',
      description: 'Removes a job that has ended, with its result and events. 409 while it has not ended.',
      tags: ['jobs'],
      params: idParamsSchema,
      response: {
        200: jsonResponse('The job is gone.', deletedSchema),
        ...errorResponses('not_found', 'job_not_ended'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const outcome = await jobs.erase(id);
      switch (outcome.status) {
        case 'erased':
          return { id, object: 'job', deleted: true as const };
        case 'not_ended':
          throw new ApiError('job_not_ended', 'The job has not ended.', { param: 'id' });
        case 'not_found':
          throw jobNotFound(id);
        default:
          return outcome satisfies never;
      }
    },
  });
}
