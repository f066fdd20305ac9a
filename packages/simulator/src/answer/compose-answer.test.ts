import { expect, test } from 'vitest';
import type { SimulatedChat } from '../vendors/vendor-wire.ts';
import { composeAnswer } from './compose-answer.ts';

const RANGE = { min: 16, max: 96 };

function chat(text: string, more: Partial<SimulatedChat> = {}): SimulatedChat {
  const turns = [{ role: 'user' as const, text }];
  return {
    model: 'm',
    turns,
    maxOutputTokens: null,
    stopSequences: [],
    stream: false,
    includeUsage: false,
    ...more,
  };
}

test('is ASCII, within the range and counts its own tokens', () => {
  for (let index = 0; index < 200; index += 1) {
    const { text, tokens, finish } = composeAnswer(chat(`Question ${index} about größe 日本`), RANGE);
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(tokens).toBe(Math.ceil(text.length / 4));
    // The last sentence may run over.
    expect(tokens).toBeLessThanOrEqual(RANGE.max + 20);
    expect(finish).toBe('stop');
  }
});

test('depends on model, roles and texts, and on nothing else', () => {
  const first = composeAnswer(chat('Explain leases'), RANGE).text;
  expect(composeAnswer(chat('Explain leases', { stream: true }), RANGE).text).toBe(first);
  expect(composeAnswer(chat('Explain leases', { model: 'other' }), RANGE).text).not.toBe(first);
});

test('the first of limit and stop sequences ends it', () => {
  const stop = { stopSequences: ['nowhere', 'about'] };
  expect(composeAnswer(chat('Explain leases', stop), RANGE)).toMatchObject({
    text: 'Here is what matters ',
    finish: 'stop_sequence',
    stopSequence: 'about',
  });
  const both = composeAnswer(chat('Explain leases', { ...stop, maxOutputTokens: 2 }), RANGE);
  expect(both).toMatchObject({ text: 'Here is ', finish: 'length', stopSequence: null, tokens: 2 });
});
