import { expect, it } from 'vitest';
import { isContextOverflow } from './is-context-overflow.ts';

it.each([
  'prompt is too long: 201322 tokens > 200000 maximum',
  'input length and `max_tokens` exceed context limit: 199000 + 4096 > 200000',
  "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
  'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  "Invalid 'messages[1].content': string too long. Expected a string with maximum length 10485760, but got 11000000.",
])('knows a prompt that does not fit: %s', (text) => {
  expect(isContextOverflow(text)).toBe(true);
});

it.each([
  "Invalid 'user': string too long. Expected a string with maximum length 64, but got a string with length 80 instead.",
  'string_above_max_length',
  'The model is overloaded.',
])('leaves alone what only looks like it: %s', (text) => {
  expect(isContextOverflow(text)).toBe(false);
});
