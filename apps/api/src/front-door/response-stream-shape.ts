import type { JobRecord } from '@sluice/broker';
import type { ApiErrorBody } from '@sluice/contracts';
import { createResponseStream, type ResponseEvent, type ResponseFacts } from '@sluice/core';
import { toErrorBody } from '../to-error-body.ts';
import { jobErrorAnswer } from './job-error-answer.ts';
import { responseFacts } from './response-facts.ts';
import type { StreamShape } from './stream-job.ts';

/** OpenAI's response events, `event: <type>` and `data: {…}`; those up to `startingAfter` are left out. */
export function createResponseStreamShape(
  facts: ResponseFacts,
  { startingAfter, requestId, baseUrl }: { startingAfter: number; requestId: string; baseUrl: string },
): StreamShape {
  const stream = createResponseStream(facts);
  let next = 0;
  const frames = (events: readonly ResponseEvent[]): string => {
    next = (events.at(-1)?.sequence_number ?? next - 1) + 1;
    return events
      .filter(({ sequence_number: number }) => number > startingAfter)
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
  };
  const errorFrame = ({ error }: ApiErrorBody): string =>
    `event: error\ndata: ${JSON.stringify({ ...error, type: 'error', sequence_number: next })}\n\n`;
  return {
    ofEvent: (event) => frames(stream.ofEvent(event)),
    ofEnd: (job: JobRecord) => {
      const ended = responseFacts({ ...job, request: job.request ?? facts.request });
      return ended ? frames(stream.ofEnd(ended)) : '';
    },
    ofGone: () => errorFrame(jobErrorAnswer({ error: null }, { requestId, baseUrl }).body),
    ofCutOff: (error) => errorFrame(toErrorBody(error, { requestId, baseUrl })),
    // The events of a response say themselves how it ended.
    refuse: () => false,
  };
}
