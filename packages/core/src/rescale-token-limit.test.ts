import type { ChatRequest, ModelEntry, Target } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { rescaleTokenLimit } from './rescale-token-limit.ts';
import { createTokenLearner } from './token-learner.ts';

const FIRST: Target = 'openai/a';
const SECOND: Target = 'anthropic/b';
const ENTRY: ModelEntry = { price: { input: 1, output: 10 } };

function rescale(
  {
    bytes = [4, 3.2] as (number | null)[],
    entry = ENTRY,
    maxCostUsd = null as number | null,
    to = SECOND,
  } = {},
  limits: Partial<ChatRequest> = { max_tokens: 1_000 },
) {
  const learner = createTokenLearner();
  [FIRST, SECOND].forEach((target, index) => {
    const mean = bytes[index];
    if (mean) learner.adopt(target, { mean, variance: 0 });
  });
  const request: ChatRequest = Object.freeze({
    messages: [{ role: 'user' as const, content: 'hi' }],
    ...limits,
  });
  const outcome = rescaleTokenLimit({
    request,
    from: FIRST,
    to,
    learner,
    entry,
    vendor: 'anthropic',
    maxCostUsd,
  });
  return { ...outcome, isSame: outcome.request === request };
}

describe('the token limit of a job that hops', () => {
  it('leaves room for the same length of text, with a warning', () => {
    const { request, warnings } = rescale();
    expect(request.max_tokens).toBe(1_250);
    expect(warnings).toMatchObject([{ code: 'parameter_changed', param: 'max_tokens', target: SECOND }]);
    expect(warnings[0]?.message).toContain('from 1000 to 1250');
  });

  it('shrinks as well, and by the name under which it was given', () => {
    const { request } = rescale({ bytes: [3.2, 4] }, { max_completion_tokens: 1_000 });
    expect(request.max_completion_tokens).toBe(800);
    expect(request.max_tokens).toBeUndefined();
  });

  it('grows no further than the cost cap allows, and never below what was asked', () => {
    expect(rescale({ maxCostUsd: 0.011 }).request.max_tokens).toBeLessThanOrEqual(1_100);
    expect(rescale({ maxCostUsd: 0.011 }).request.max_tokens).toBeGreaterThan(1_000);
    expect(rescale({ maxCostUsd: 0.002 }).isSame).toBe(true);
    expect(rescale({ maxCostUsd: 0.02 }, { max_tokens: 1_000, n: 2 }).isSame).toBe(true);
  });

  it.each([
    ['at the first target', { to: FIRST }],
    ['while one of the models has not been observed', { bytes: [4, null] }],
    ['when tokens are about as long', { bytes: [4, 3.9] }],
  ])('stays as it is %s', (_, input) => {
    const { isSame, warnings } = rescale(input);
    expect({ isSame, warnings }).toEqual({ isSame: true, warnings: [] });
  });

  it('is not made up where none was given', () => {
    expect(rescale({}, {}).isSame).toBe(true);
  });
});
