import type { ChatRequest } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import { promptPrefix } from './prompt-prefix.ts';

const LONG = 'You are a careful assistant. '.repeat(200);

function prompt(system: string, ...turns: string[]): ChatRequest {
  const messages = turns.map((content, index) =>
    index % 2 === 0 ? { role: 'user' as const, content } : { role: 'assistant' as const, content },
  );
  return { messages: [{ role: 'system', content: system }, ...messages] };
}

describe('the prefix of a prompt', () => {
  it('is null for short ones', () => {
    expect(promptPrefix(prompt('Be brief.', 'Hello'))).toBeNull();
  });

  it('is the same for prompts that begin alike, whatever comes after', () => {
    const first = promptPrefix(prompt(LONG, 'Hello'));
    expect(first).toMatch(/^[\w-]{16}$/);
    expect(promptPrefix(prompt(LONG, 'Hello', 'Hi', 'And now?'))).toBe(first);
    expect(promptPrefix(prompt(LONG, 'Something else'))).toBe(first);
    expect(promptPrefix(prompt('', `${LONG} one`))).toBe(promptPrefix(prompt('', `${LONG} two`)));
  });

  it('differs with the beginning, its tools and its roles', () => {
    const hash = promptPrefix(prompt(LONG, 'Hello'));
    expect(promptPrefix(prompt(`!${LONG}`, 'Hello'))).not.toBe(hash);
    const tool = { type: 'function' as const, function: { name: 'find' } };
    expect(promptPrefix({ ...prompt(LONG, 'Hello'), tools: [tool] })).not.toBe(hash);
    expect(promptPrefix({ messages: [{ role: 'user', content: LONG }] })).not.toBe(hash);
  });

  it('may be made of messages that are short each', () => {
    const turns = Array.from({ length: 60 }, (_, n) => `Turn ${n}: ${'x'.repeat(90)}`);
    expect(promptPrefix(prompt('Hi', ...turns))).not.toBeNull();
  });
});
