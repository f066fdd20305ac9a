import type { TenantJobs } from '@sluice/broker';
import { ApiError, isTerminal } from '@sluice/contracts';
import { jobIdOfResponse, toResponse, type ResponseFacts } from '@sluice/core';
import { z } from 'zod';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { responseFacts } from '../front-door/response-facts.ts';
import { createResponseStreamShape } from '../front-door/response-stream-shape.ts';
import { streamExistingJob, type StreamDeps } from '../front-door/stream-job.ts';
import { jsonResponse } from '../json-response.ts';
import { deletedSchema, idParamsSchema } from '../route-schemas.ts';
import { responseSchema } from './responses.ts';

const querySchema = z.strictObject({
  stream: z.enum(['true', 'false']).optional(),
  starting_after: z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number of 0 or more')
    .optional()
    .meta({ description: 'With `stream=true`: the `sequence_number` after which to go on.' }),
  include_obfuscation: z.enum(['true', 'false']).optional(),
  include: z.union([z.string(), z.array(z.string())]).optional(),
  'include[]': z.union([z.string(), z.array(z.string())]).optional(),
});

/** How long a client that polls had better wait; OpenAI's clients obey. */
const POLL_AFTER_MS = '1000';

/** `GET` and `DELETE /v1/responses/{id}`, and its `cancel`. */
export function addReadResponsesRoutes(app: ApiServer, deps: StreamDeps): void {
  const find = async (id: string, jobs: TenantJobs): Promise<ResponseFacts> => {
    const jobId = jobIdOfResponse(id);
    const job = jobId === null ? null : await jobs.get(jobId);
    const facts = job && responseFacts(job);
    if (!facts) throw new ApiError('not_found', `There is no response ${id.slice(0, 80)}.`, { param: 'id' });
    return facts;
  };

  app.route({
    method: 'GET',
    url: '/responses/:id',
    config: { handlerTimeoutMs: null },
    exposeHeadRoute: false,
    schema: {
      operationId: 'getResponse',
      summary: 'Read a response',
      description:
        'With `stream=true` its events, from the first or after `starting_after`; the stream ends with the response.',
      tags: ['openai'],
      params: idParamsSchema,
      querystring: querySchema,
      response: {
        200: jsonResponse('The response as it is.', responseSchema),
        ...errorResponses('invalid_request', 'not_found', 'too_many_streams'),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const { stream, starting_after: after } = request.query;
      const facts = await find(id, jobs);
      if (stream !== 'true') {
        if (!isTerminal(facts.status)) reply.header('openai-poll-after-ms', POLL_AFTER_MS);
        return toResponse(facts);
      }
      const shape = createResponseStreamShape(facts, {
        startingAfter: after === undefined ? -1 : Number(after),
        requestId: request.id,
        baseUrl: deps.baseUrl(),
      });
      return streamExistingJob(facts.jobId, { request, reply, shape }, deps);
    },
  });

  app.route({
    method: 'POST',
    url: '/responses/:id/cancel',
    schema: {
      operationId: 'cancelResponse',
      summary: 'Cancel a response',
      description: 'Of a response with `background: true`. One that has ended stays as it is.',
      tags: ['openai'],
      params: idParamsSchema,
      body: z.strictObject({}).nullish(),
      response: {
        200: jsonResponse('The response.', responseSchema),
        ...errorResponses('invalid_json', 'invalid_request', 'not_found', 'unsupported_media_type'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const { background, jobId } = await find(id, jobs);
      if (!background) {
        throw new ApiError('invalid_request', 'Only a response with background: true can be cancelled.', {
          param: 'id',
        });
      }
      await jobs.cancel(jobId);
      return toResponse(await find(id, jobs));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/responses/:id',
    schema: {
      operationId: 'deleteResponse',
      summary: 'Erase a response',
      description: 'Removes its job, which has to have ended.',
      tags: ['openai'],
      params: idParamsSchema,
      response: {
        200: jsonResponse('The response is gone.', deletedSchema),
        ...errorResponses('not_found', 'job_not_ended'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { jobs } = request.caller;
      const { jobId } = await find(id, jobs);
      const outcome = await jobs.erase(jobId);
      if (outcome.status === 'not_ended') {
        throw new ApiError('job_not_ended', 'The response has not ended.', { param: 'id' });
      }
      return { id, object: 'response', deleted: true as const };
    },
  });
}
