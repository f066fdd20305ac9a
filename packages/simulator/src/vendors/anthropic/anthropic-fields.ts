import { isObject } from '../is-object.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';

/** An object with no fields but these, else Anthropic's refusal, which names the place with dots. */
export function anthropicFields(
  value: unknown,
  at: string,
  fields: readonly string[],
): Record<string, unknown> {
  if (!isObject(value)) throw new AnthropicInvalid(`${at}: Input should be a valid dictionary`);
  const extra = Object.keys(value).find((field) => !fields.includes(field));
  if (extra !== undefined) throw new AnthropicInvalid(`${at}.${extra}: Extra inputs are not permitted`);
  return value;
}
