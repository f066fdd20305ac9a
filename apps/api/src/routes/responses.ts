import type { JobRecord, NewJob } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import {
  responseId,
  responsesRequestSchema,
  responsesToChatRequest,
  toResponse,
  type ResponseFacts,
  type ResponseObject,
  type ResponsesRequest,
} from '@sluice/core';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { createFrontDoorJob } from '../front-door/create-front-door-job.ts';
import { readEarlierResponses } from '../front-door/earlier-responses.ts';
import { FRONT_DOOR_ERRORS, WAITING_CALLER } from '../front-door/front-door-route.ts';
import { jobErrorAnswer } from '../front-door/job-error-answer.ts';
import { jobHeaders } from '../front-door/job-headers.ts';
import { responseFacts } from '../front-door/response-facts.ts';
import { createResponseStreamShape } from '../front-door/response-stream-shape.ts';
import { runToEnd } from '../front-door/run-to-end.ts';
import { streamNewJob, type StreamDeps } from '../front-door/stream-job.ts';
import { jsonResponse } from '../json-response.ts';
import { storeNewJob } from '../store-new-job.ts';
import { withoutNulls } from '../without-nulls.ts';

/** Answers are made by us; the document says what a reader may rely on. */
export const responseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal('response'),
    created_at: z.number().int(),
    status: z.enum(['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
    background: z.boolean(),
    model: z.string(),
    output: z.array(z.looseObject({ id: z.string(), type: z.string() })),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    metadata: z.record(z.string(), z.string()),
  })
  .meta({ description: "OpenAI's Response object." });

/** `POST /v1/responses`. */
export function addResponsesRoute(app: ApiServer, deps: StreamDeps): void {
  app.route({
    method: 'POST',
    url: '/responses',
    config: { handlerTimeoutMs: null },
    schema: {
      operationId: 'createResponse',
      summary: 'Create a response, as OpenAI does',
      description:
        'A job like all others. With `background: true` the answer comes at once and is read later; else the caller ' +
        'waits, and one that hangs up cancels the job. The options of a job come as headers ' +
        '`x-sluice-<name with dashes>`.',
      tags: ['openai'],
      body: responsesRequestSchema,
      response: {
        200: jsonResponse('The response.', responseSchema),
        ...errorResponses(...FRONT_DOOR_ERRORS),
      },
    },
    preValidation: async (request) => {
      (request as { body: unknown }).body = withoutNulls(request.body);
    },
    handler: async (request, reply) => {
      const body = request.body as ResponsesRequest;
      const background = body.background ?? false;
      const newJob = await createJob(request, body, deps);
      const answer = { requestId: request.id, baseUrl: deps.baseUrl() };
      if (body.stream) {
        const shape = createResponseStreamShape(queuedFacts(newJob), { startingAfter: -1, ...answer });
        return streamNewJob(newJob, { request, reply, shape, cancelWhenGone: !background }, deps);
      }
      if (background) {
        const { job } = await storeNewJob(newJob, { ...deps, jobs: request.caller.jobs });
        reply.header('x-sluice-job-id', job.id);
        return show({ ...job, request: newJob.request });
      }
      request.raw.socket.setTimeout(0);
      const job = await runToEnd(newJob, { gone: request.gone, jobs: request.caller.jobs }, deps);
      reply.headers(jobHeaders(job));
      if (job.result) return { ...show(job), store: body.store ?? true };
      const { status, headers, body: error } = jobErrorAnswer(job, answer);
      return (reply as FastifyReply).code(status).headers(headers).send(error);
    },
  });
}

/** Fields of a chat under their names here; those of items can't be told apart again. */
const SENT_AS = {
  messages: 'input',
  max_completion_tokens: 'max_output_tokens',
  reasoning_effort: 'reasoning.effort',
  response_format: 'text.format',
  verbosity: 'text.verbosity',
} as const;

async function createJob(
  request: Parameters<typeof createFrontDoorJob>[0],
  body: ResponsesRequest,
  deps: StreamDeps,
): Promise<NewJob> {
  const { input, before } = await readEarlierResponses(
    body,
    request.caller,
    Math.min(deps.limits.maxBodyBytes, request.caller.limits?.body_bytes ?? Infinity),
  );
  const converted = responsesToChatRequest({ ...body, input }, before);
  if (converted.status === 'error') {
    const { param, message } = converted;
    throw new ApiError('invalid_request', `${param} ${message}.`, { param });
  }
  const background = body.background ?? false;
  return createFrontDoorJob(
    request,
    {
      chat: converted.request,
      warnings: converted.warnings,
      within: background ? null : WAITING_CALLER.within,
      sentAs: SENT_AS,
      responses: {
        background,
        instructions: body.instructions ?? null,
        ...(body.previous_response_id ? { previousResponseId: body.previous_response_id } : {}),
      },
      forget: body.store === false,
    },
    deps,
  );
}

function show(job: JobRecord): ResponseObject {
  const facts = responseFacts(job);
  if (!facts) throw new ApiError('not_found', `There is no response ${responseId(job.id)}.`, { param: 'id' });
  return toResponse(facts);
}

/** Of a job that is about to be stored. */
function queuedFacts(job: NewJob): ResponseFacts {
  const { id, createdAtMs, tier, request, metadata, options } = job;
  return {
    jobId: id,
    status: 'queued',
    createdAtMs,
    finishedAtMs: null,
    tier,
    background: options.responses?.background ?? false,
    instructions: options.responses?.instructions ?? null,
    previousResponseId: options.responses?.previousResponseId ?? null,
    request,
    metadata,
    target: job.chain[0] ?? '',
    result: null,
    error: null,
  };
}
