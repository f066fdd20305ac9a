import { isObject } from '../is-object.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';
import { checkAnthropicStrictSchema } from './check-anthropic-schema.ts';

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];
/** Models that take an effort: Opus from 4.5, Sonnet from 4.6, and the 5 series. */
const TAKES_EFFORT = /^claude-(opus-4-[5-9]|sonnet-4-[6-9]|(opus|sonnet|haiku)-[5-9]|fable-|mythos-)/;
/** Models with constrained output: from 4.5, and Opus 4.1. */
const TAKES_FORMAT = /^claude-(opus-4-1|[a-z]+-4-[5-9]|[a-z]+-[5-9])/;

/** The form of the answer, by `output_config`. */
export function readAnthropicOutput(value: unknown, model: string): Pick<SimulatedChat, 'output'> {
  if (value === undefined) return {};
  const config = anthropicFields(value, 'output_config', ['effort', 'format', 'task_budget']);
  const effort = config['effort'] ?? null;
  if (effort !== null) {
    if (!EFFORTS.includes(String(effort as unknown))) {
      throw new AnthropicInvalid(
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
      );
    }
    if (!TAKES_EFFORT.test(model)) {
      throw new AnthropicInvalid('This model does not support the effort parameter.');
    }
  }
  const format = config['format'] ?? null;
  if (format === null) return {};
  const at = 'output_config.format';
  const { type, schema } = anthropicFields(format, at, ['type', 'schema']);
  if (type !== 'json_schema') throw new AnthropicInvalid(`${at}.type: Input should be 'json_schema'`);
  if (!TAKES_FORMAT.test(model)) {
    throw new AnthropicInvalid(`'${model}' does not support output format.`);
  }
  if (!isObject(schema)) throw new AnthropicInvalid(`${at}.schema: Field required`);
  checkAnthropicStrictSchema(schema, `${at}.schema`);
  return { output: { kind: 'json_schema', schema } };
}
