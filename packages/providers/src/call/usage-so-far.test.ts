import type { ChatRequest, Usage } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { usageSoFar } from './usage-so-far.ts';

const request = { messages: [{ role: 'user', content: 'x'.repeat(40) }] } as ChatRequest;
const told = (completion: number): Usage => ({
  prompt_tokens: 14,
  completion_tokens: completion,
  reasoning_tokens: 0,
  cache_read_tokens: 6,
  cache_write_tokens: 0,
  total_tokens: 14 + completion,
});

test('what the vendor has not told of is estimated from what it has sent', () => {
  const streamed = { answerBytes: 80, thoughtBytes: 20 };
  expect(usageSoFar(null, { request, streamed })).toEqual({
    usage: {
      prompt_tokens: 10,
      completion_tokens: 25,
      reasoning_tokens: 5,
      cache_read_tokens: 0,
      cache_write_tokens: 0,
      total_tokens: 35,
    },
    isEstimated: true,
  });
  expect(usageSoFar(told(1), { request, streamed })).toEqual({
    usage: { ...told(25), reasoning_tokens: 5 },
    isEstimated: true,
  });
});

test('what the vendor has told of stays, and nothing is made up for a call that gave nothing', () => {
  const streamed = { answerBytes: 80, thoughtBytes: 20 };
  expect(usageSoFar(told(20), { request, streamed })).toEqual({ usage: told(20), isEstimated: false });
  const nothing = { answerBytes: 0, thoughtBytes: 0 };
  expect(usageSoFar(null, { request, streamed: nothing })).toEqual({ usage: null, isEstimated: false });
  expect(usageSoFar(told(1), { request, streamed: nothing })).toEqual({ usage: told(1), isEstimated: false });
});
