import { AnthropicInvalid } from './anthropic-invalid.ts';

/** A string that is there, else Anthropic's refusal. */
export function readAnthropicString(value: unknown, at: string): string {
  if (value === undefined) throw new AnthropicInvalid(`${at}: Field required`);
  if (typeof value !== 'string') throw new AnthropicInvalid(`${at}: Input should be a valid string`);
  return value;
}
