import { AnthropicInvalid } from './anthropic-invalid.ts';

const SAMPLING = ['temperature', 'top_p', 'top_k'] as const;

/** Models that refuse sampling parameters in every API version. Source: Anthropic's model pages, as of 2026-07. */
const NO_SAMPLING = /^claude-(opus-4-[7-9]|opus-[5-9]|sonnet-[5-9]|fable-)/;
/** Models that take temperature or top_p, not both: 4.5 and later, and Opus 4.1. */
const ONE_OF_BOTH = /^claude-(opus-4-1|[a-z]+-4-[5-9])/;

function checkRange(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw new AnthropicInvalid(`${name}: Input should be a valid number`);
  if (name === 'top_k') return;
  if (value < 0) throw new AnthropicInvalid(`${name}: Input should be greater than or equal to 0`);
  if (value > 1) throw new AnthropicInvalid(`${name}: Input should be less than or equal to 1`);
}

/**
 * Refuses sampling parameters where Anthropic does: always from API version 2026-10-21, even at their defaults, and
 * by model before it. Source: Anthropic's migration guide for API version 2026-10-21.
 */
export function checkAnthropicSampling(body: Record<string, unknown>, model: string, version: string): void {
  const sent = SAMPLING.filter((name) => body[name] !== undefined);
  const [first] = sent;
  if (first === undefined) return;
  if (version !== '2023-06-01') throw new AnthropicInvalid(`${first}: Extra inputs are not permitted`);
  for (const name of sent) checkRange(name, body[name]);
  if (NO_SAMPLING.test(model)) throw new AnthropicInvalid(`\`${first}\` is deprecated for this model.`);
  if (ONE_OF_BOTH.test(model) && sent.includes('temperature') && sent.includes('top_p')) {
    throw new AnthropicInvalid(
      '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    );
  }
}
