import type { NewJob } from '@sluice/broker';
import { toErrorBody } from '../to-error-body.ts';
import { createChatStreamChunks } from './chat-stream-chunks.ts';
import { completionId } from './completion-id.ts';
import { jobErrorAnswer } from './job-error-answer.ts';
import { jobHeaders } from './job-headers.ts';
import type { StreamShape } from './stream-job.ts';

/** OpenAI's chat stream: `data: {chunk}` frames, then `data: [DONE]`; an error chunk when the job failed in between. */
export function createChatStreamShape(
  { id, createdAtMs, request, chain }: NewJob,
  { requestId, baseUrl }: { requestId: string; baseUrl: string },
): StreamShape {
  const chunks = createChatStreamChunks({
    id: completionId(id),
    createdAtMs,
    model: request.model ?? chain[0] ?? '',
    includeUsage: request.stream_options?.include_usage ?? false,
  });
  const frames = (values: readonly object[]): string =>
    values.map((value) => `data: ${JSON.stringify(value)}\n\n`).join('');
  return {
    ofEvent: (event) => frames(chunks.ofEvent(event)),
    ofEnd: (job) =>
      job.result
        ? `${frames(chunks.ofResult(job.result))}data: [DONE]\n\n`
        : frames([jobErrorAnswer(job, { requestId, baseUrl }).body]),
    ofGone: () => frames([jobErrorAnswer({ error: null }, { requestId, baseUrl }).body]),
    ofCutOff: (error) => frames([toErrorBody(error, { requestId, baseUrl })]),
    refuse: (job, reply) => {
      if (job.result) return false;
      const { status, headers, body } = jobErrorAnswer(job, { requestId, baseUrl });
      void reply
        .code(status)
        .headers({ ...jobHeaders(job), ...headers })
        .send(body);
      return true;
    },
  };
}
