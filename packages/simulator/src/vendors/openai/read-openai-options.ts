import { isObject } from '../is-object.ts';
import type { SimulatedChat } from '../simulated-chat.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiNumber } from './read-openai-number.ts';
import { readOpenaiString } from './read-openai-string.ts';

const REASONING = /^(o\d|gpt-5(?!-chat))/;
const MAX_CHOICES = 128;
const MAX_METADATA = 16;
const ENUMS: Readonly<Record<string, readonly string[]>> = {
  service_tier: ['auto', 'default', 'flex', 'priority', 'scale', 'fast'],
  prompt_cache_retention: ['in_memory', '24h'],
  verbosity: ['low', 'medium', 'high'],
};

function readEnum(body: Record<string, unknown>, param: string): string | null {
  const value = body[param];
  if (value === undefined || value === null) return null;
  const values = ENUMS[param]!;
  if (typeof value === 'string' && values.includes(value)) return value;
  const quoted = values.map((each) => `'${each}'`);
  const list = `${quoted.slice(0, -1).join(', ')}${quoted.length > 2 ? ',' : ''} and ${quoted.at(-1)}`;
  return openaiRefuse(
    `Invalid value: '${String(value as unknown)}'. Supported values are: ${list}.`,
    param,
    'invalid_value',
  );
}

function readLogprobs(body: Record<string, unknown>, model: string): Pick<SimulatedChat, 'topLogprobs'> {
  const top = readOpenaiNumber(body, 'top_logprobs', { min: 0, max: 20, integer: true });
  const wanted = body['logprobs'] === true;
  if (top !== null && !wanted) {
    openaiRefuse("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.", 'top_logprobs');
  }
  if (!wanted) return {};
  const thinks =
    REASONING.test(model) &&
    !(/^gpt-5\.[1-9]/.test(model) && (body['reasoning_effort'] ?? 'none') === 'none');
  if (thinks) openaiRefuse('You are not allowed to request logprobs from this model', null);
  return { topLogprobs: top ?? 0 };
}

function checkMetadata(metadata: unknown): void {
  if (metadata === undefined || metadata === null) return;
  if (!isObject(metadata)) {
    openaiRefuse("Invalid type for 'metadata': expected an object.", 'metadata', 'invalid_type');
  }
  const count = Object.keys(metadata).length;
  if (count > MAX_METADATA) {
    openaiRefuse(
      `Invalid 'metadata': too many properties. Expected an object with at most ${MAX_METADATA} properties, but got an object with ${count} properties instead.`,
      'metadata',
      'object_above_max_properties',
    );
  }
  for (const [name, value] of Object.entries(metadata)) readOpenaiString(value, `metadata.${name}`, 512);
}

function checkVerbosity(body: Record<string, unknown>, model: string): void {
  const verbosity = readEnum(body, 'verbosity');
  if (verbosity === null || verbosity === 'medium' || model.startsWith('gpt-5')) return;
  openaiRefuse(
    `Unsupported value: '${verbosity}' is not supported with the '${model}' model. Supported values are: 'medium'.`,
    'verbosity',
    'unsupported_value',
  );
}

/** The smaller options of a request, each within OpenAI's bounds. */
export function readOpenaiOptions(
  body: Record<string, unknown>,
  { model, lenient }: { model: string; lenient: boolean },
): Pick<SimulatedChat, 'n' | 'topLogprobs' | 'serviceTier'> {
  readOpenaiNumber(body, 'temperature', { min: 0, max: 2 });
  readOpenaiNumber(body, 'top_p', { min: 0, max: 1 });
  readOpenaiNumber(body, 'frequency_penalty', { min: -2, max: 2 });
  readOpenaiNumber(body, 'presence_penalty', { min: -2, max: 2 });
  readOpenaiNumber(body, 'seed', { min: -(2 ** 63), max: 2 ** 63, integer: true });
  const n = readOpenaiNumber(body, 'n', { min: 1, max: MAX_CHOICES, integer: true });
  const count = n === null || n === 1 ? {} : { n };
  if (lenient) return { ...count, ...(body['logprobs'] === true ? { topLogprobs: 0 } : {}) };
  for (const param of ['user', 'safety_identifier', 'prompt_cache_key']) {
    if ((body[param] ?? null) !== null) readOpenaiString(body[param], param);
  }
  checkMetadata(body['metadata']);
  checkVerbosity(body, model);
  readEnum(body, 'prompt_cache_retention');
  const tier = readEnum(body, 'service_tier');
  const served = tier === null || tier === 'auto' ? 'default' : tier;
  return { ...count, ...readLogprobs(body, model), serviceTier: served };
}
