import type { ChatRequest } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { DEFAULT_OUTPUT_TOKENS, estimateTokens, promptBytes } from './estimate-tokens.ts';

const request = (content: string, rest: Partial<ChatRequest> = {}): ChatRequest => ({
  messages: [{ role: 'user', content }],
  ...rest,
});

describe('prompt bytes', () => {
  test('are UTF-8 bytes, not characters', () => {
    expect(promptBytes(request('abc'))).toBe(3);
    expect(promptBytes(request('äöü'))).toBe(6);
    expect(promptBytes(request('日本'))).toBe(6);
  });

  test('are those of all messages and all their parts', () => {
    const parts: ChatRequest = {
      messages: [
        { role: 'system', content: 'abcd' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'ef' },
            { type: 'text', text: 'gh' },
          ],
        },
      ],
    };
    expect(promptBytes(parts)).toBe(8);
  });
});

describe('estimated tokens', () => {
  test('input is bytes by bytes per token plus margin, and an envelope for each message', () => {
    expect(estimateTokens(request('a'.repeat(80))).input).toBe(22 + 4);
    expect(estimateTokens(request('a'.repeat(400)), { bytesPerToken: 2, margin: 0 }).input).toBe(200 + 4);
    expect(estimateTokens({ messages: [...request('').messages, ...request('').messages] }).input).toBe(8);
  });

  test('output is what the caller allows at most, else a default', () => {
    expect(estimateTokens(request('x', { max_tokens: 7 })).output).toBe(7);
    expect(estimateTokens(request('x', { max_tokens: 7, max_completion_tokens: 9 })).output).toBe(9);
    expect(estimateTokens(request('x')).output).toBe(DEFAULT_OUTPUT_TOKENS);
  });

  test('total is the sum of both', () => {
    const { input, output, total } = estimateTokens(request('x'.repeat(1_000), { max_tokens: 50 }));
    expect(total).toBe(input + output);
  });
});
