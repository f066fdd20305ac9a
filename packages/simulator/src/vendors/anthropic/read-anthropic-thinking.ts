import { isObject } from '../is-object.ts';
import { anthropicFields } from './anthropic-fields.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';

export interface AnthropicThinking {
  mode: 'off' | 'adaptive' | 'enabled';
  tokens: number;
  display: 'shown' | 'omitted';
}

const OFF: AnthropicThinking = { mode: 'off', tokens: 0, display: 'shown' };
const MIN_BUDGET = 1_024;
/** What the simulated model thinks at most. */
const USUAL_TOKENS = 48;

const NO_THINKING = /^claude-(3-[05]|3-haiku|3-opus|3-sonnet|2)/;
/** Models that decide themselves how long to think: from 4.6 on. */
const ADAPTIVE = /^claude-((opus|sonnet)-4-[6-9]|(opus|sonnet|haiku)-[5-9]|fable-|mythos-)/;
/** Models that take no budget any more. */
const ADAPTIVE_ONLY = /^claude-(opus-4-[7-9]|(opus|sonnet|haiku)-[5-9]|fable-|mythos-)/;

const GUIDE =
  'Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking';

function checkSampling(body: Record<string, unknown>): void {
  if (body['temperature'] !== undefined && body['temperature'] !== 1) {
    throw new AnthropicInvalid(`\`temperature\` may only be set to 1 when thinking is enabled. ${GUIDE}`);
  }
  if (typeof body['top_p'] === 'number' && body['top_p'] < 0.95) {
    throw new AnthropicInvalid(
      `\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${GUIDE}`,
    );
  }
  if (body['top_k'] !== undefined) {
    throw new AnthropicInvalid(`\`top_k\` must be unset when thinking is enabled. ${GUIDE}`);
  }
}

function readBudget(value: unknown, maxTokens: number): number {
  const at = 'thinking.enabled.budget_tokens';
  if (value === undefined) throw new AnthropicInvalid(`${at}: Field required`);
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw new AnthropicInvalid(`${at}: Input should be a valid integer`);
  }
  if (value < MIN_BUDGET) {
    throw new AnthropicInvalid(`${at}: Input should be greater than or equal to ${MIN_BUDGET}`);
  }
  if (value >= maxTokens) {
    throw new AnthropicInvalid(
      `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${GUIDE}#max-tokens-and-context-window-size`,
    );
  }
  return value;
}

/** Whether and how much the model thinks, with the rules that come with it. */
export function readAnthropicThinking(
  body: Record<string, unknown>,
  { model, maxTokens }: { model: string; maxTokens: number },
): AnthropicThinking {
  const value = body['thinking'];
  if (value === undefined) return OFF;
  if (!isObject(value)) throw new AnthropicInvalid('thinking: Input should be an object');
  const display = value['display'] === 'omitted' ? 'omitted' : 'shown';
  switch (value['type']) {
    case 'disabled':
      anthropicFields(value, 'thinking.disabled', ['type']);
      return OFF;
    case 'enabled': {
      anthropicFields(value, 'thinking.enabled', ['type', 'budget_tokens', 'display']);
      if (NO_THINKING.test(model)) throw new AnthropicInvalid(`'${model}' does not support thinking.`);
      if (ADAPTIVE_ONLY.test(model)) {
        throw new AnthropicInvalid(
          '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
        );
      }
      const budget = readBudget(value['budget_tokens'], maxTokens);
      checkSampling(body);
      return { mode: 'enabled', tokens: Math.min(budget, USUAL_TOKENS), display };
    }
    case 'adaptive':
      anthropicFields(value, 'thinking.adaptive', ['type', 'display']);
      if (!ADAPTIVE.test(model)) {
        throw new AnthropicInvalid('adaptive thinking is not supported on this model');
      }
      checkSampling(body);
      return { mode: 'adaptive', tokens: USUAL_TOKENS, display };
    default:
      throw new AnthropicInvalid(
        `thinking: Input tag '${String(value['type'])}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`,
      );
  }
}
