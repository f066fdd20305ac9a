import { describe, expect, test } from 'vitest';
import { DEFAULT_BYTES_PER_TOKEN } from './estimate-tokens.ts';
import { createTokenLearner } from './token-learner.ts';

const TARGET = 'openai/gpt-5.4-mini';

describe('the token learner', () => {
  test('starts with the default and approaches what a model reports', () => {
    const learner = createTokenLearner();
    expect(learner.bytesPerToken(TARGET)).toBe(DEFAULT_BYTES_PER_TOKEN);
    for (let i = 0; i < 100; i += 1) learner.observe(TARGET, { promptBytes: 2_000, promptTokens: 1_000 });
    expect(learner.bytesPerToken(TARGET)).toBeCloseTo(2, 2);
  });

  test('one answer moves it by a tenth of the difference', () => {
    const learner = createTokenLearner();
    learner.observe(TARGET, { promptBytes: 2_000, promptTokens: 1_000 });
    expect(learner.bytesPerToken(TARGET)).toBeCloseTo(3.8);
  });

  test('keeps models apart', () => {
    const learner = createTokenLearner();
    learner.observe(TARGET, { promptBytes: 2_000, promptTokens: 1_000 });
    expect(learner.bytesPerToken('google/gemini-2.5-flash')).toBe(DEFAULT_BYTES_PER_TOKEN);
  });

  test.each([
    ['a prompt too short to say anything', { promptBytes: 63, promptTokens: 20 }],
    ['no tokens', { promptBytes: 1_000, promptTokens: 0 }],
    ['more tokens than a tokenizer makes', { promptBytes: 1_000, promptTokens: 2_001 }],
    ['fewer tokens than a tokenizer makes', { promptBytes: 1_000, promptTokens: 62 }],
  ])('learns nothing from %s', (_, seen) => {
    const learner = createTokenLearner();
    learner.observe(TARGET, seen);
    expect(learner.bytesPerToken(TARGET)).toBe(DEFAULT_BYTES_PER_TOKEN);
  });

  test('remembers no more targets than allowed, and goes on learning those that it knows', () => {
    const learner = createTokenLearner({ maxTargets: 1 });
    const seen = { promptBytes: 2_000, promptTokens: 1_000 };
    learner.observe('a/1', seen);
    learner.observe('b/2', seen);
    expect(learner.bytesPerToken('b/2')).toBe(DEFAULT_BYTES_PER_TOKEN);
    const once = learner.bytesPerToken('a/1');
    learner.observe('a/1', seen);
    expect(learner.bytesPerToken('a/1')).toBeLessThan(once);
  });
});
