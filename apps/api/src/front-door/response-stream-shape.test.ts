import type { JobEvent } from '@sluice/contracts';
import type { ResponseFacts } from '@sluice/core';
import { expect, test } from 'vitest';
import { createResponseStreamShape } from './response-stream-shape.ts';

const FACTS: ResponseFacts = {
  jobId: 'job_1',
  status: 'queued',
  createdAtMs: 0,
  finishedAtMs: null,
  tier: 'standard',
  background: true,
  instructions: null,
  previousResponseId: null,
  request: null,
  metadata: {},
  target: 'openai/gpt-5.4-mini',
  result: null,
  error: null,
};
const dataOf = (frames: string): { type: string; sequence_number: number }[] =>
  frames
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)) as { type: string; sequence_number: number });

test('an error that ends a stream is numbered after its last event, shown or not', () => {
  const options = { startingAfter: 0, requestId: 'req_1', baseUrl: 'http://127.0.0.1' };
  const shape = createResponseStreamShape(FACTS, options);
  const shown = dataOf(shape.ofEvent({ type: 'job.queued' } as JobEvent));
  expect(shown.map(({ type }) => type)).toEqual(['response.queued']);
  expect(shape.ofEvent({ type: 'job.warning' } as unknown as JobEvent)).toBe('');
  expect(dataOf(shape.ofGone())).toMatchObject([{ type: 'error', sequence_number: 2 }]);
});
