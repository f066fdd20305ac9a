import { chatCompletionSchema, chatRequestSchema, type ChatRequest } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { createChatStreamShape } from '../front-door/chat-stream-shape.ts';
import { completionId } from '../front-door/completion-id.ts';
import { createFrontDoorJob } from '../front-door/create-front-door-job.ts';
import { FRONT_DOOR_ERRORS, WAITING_CALLER } from '../front-door/front-door-route.ts';
import { jobErrorAnswer } from '../front-door/job-error-answer.ts';
import { jobHeaders } from '../front-door/job-headers.ts';
import { runToEnd } from '../front-door/run-to-end.ts';
import { streamNewJob, type StreamDeps } from '../front-door/stream-job.ts';
import { jsonResponse } from '../json-response.ts';
import { withoutNulls } from '../without-nulls.ts';

/** `POST /v1/chat/completions`. */
export function addChatCompletionsRoute(app: ApiServer, deps: StreamDeps): void {
  app.route({
    method: 'POST',
    url: '/chat/completions',
    config: { handlerTimeoutMs: null },
    schema: {
      operationId: 'createChatCompletion',
      summary: 'Complete a chat, as OpenAI does',
      description:
        'A job like all others, whose caller waits. `model` may be a route, a target or a plain model name; the ' +
        'options of a job come as headers `x-sluice-<name with dashes>`. With `stream: true` the answer is OpenAI’s ' +
        'event stream. A caller that hangs up cancels the job.',
      tags: ['openai'],
      body: chatRequestSchema,
      response: {
        200: jsonResponse('The completion.', chatCompletionSchema),
        ...errorResponses(...FRONT_DOOR_ERRORS),
      },
    },
    preValidation: async (request) => {
      (request as { body: unknown }).body = withoutNulls(request.body);
    },
    handler: async (request, reply) => {
      const chat = request.body as ChatRequest;
      const newJob = await createFrontDoorJob(request, { chat, within: WAITING_CALLER.within }, deps);
      const answer = { requestId: request.id, baseUrl: deps.baseUrl() };
      if (chat.stream) {
        const shape = createChatStreamShape(newJob, answer);
        return streamNewJob(newJob, { request, reply, shape, cancelWhenGone: true }, deps);
      }
      request.raw.socket.setTimeout(0);
      const job = await runToEnd(newJob, { gone: request.gone, jobs: request.caller.jobs }, deps);
      reply.headers(jobHeaders(job));
      if (job.result) return { ...job.result, id: completionId(job.id) };
      const { status, headers, body } = jobErrorAnswer(job, answer);
      return (reply as FastifyReply).code(status).headers(headers).send(body);
    },
  });
}
