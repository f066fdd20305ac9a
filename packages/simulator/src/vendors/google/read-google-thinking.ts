import type { SimulatedChat } from '../simulated-chat.ts';
import { GoogleInvalid } from './google-invalid.ts';
import { googleObject } from './google-object.ts';
import { googleViolation } from './google-violation.ts';
import { textOf } from '../text-of.ts';

const USUAL_TOKENS = 48;
const LEVELS: Readonly<Record<string, number>> = { MINIMAL: 4, LOW: 16, MEDIUM: 48, HIGH: 96 };
const FIELDS = new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel']);

interface Rules {
  thinks: RegExp;
  min: number;
  max: number;
  /** Thinks unasked. Gemini 2.5 Flash does too; here it stays silent, so that its answers stay predictable. */
  byDefault: boolean;
  canStop: boolean;
}

/** Budgets by model. Source: Gemini API docs "Thinking", thinking budgets. */
const RULES: readonly Rules[] = [
  { thinks: /^gemini-2\.5-pro/, min: 128, max: 32_768, byDefault: true, canStop: false },
  { thinks: /^gemini-2\.5-flash-lite/, min: 512, max: 24_576, byDefault: false, canStop: true },
  { thinks: /^gemini-2\.5-flash/, min: 1, max: 24_576, byDefault: false, canStop: true },
  { thinks: /^gemini-pro-latest/, min: 128, max: 32_768, byDefault: true, canStop: false },
  { thinks: /^gemini-flash-(lite-)?latest/, min: 512, max: 24_576, byDefault: false, canStop: true },
  { thinks: /^gemini-([3-9]|\d\d).*pro/, min: 128, max: 32_768, byDefault: true, canStop: false },
  { thinks: /^gemini-([3-9]|\d\d)/, min: 1, max: 24_576, byDefault: true, canStop: true },
];

function budgetTokens(budget: unknown, { min, max, canStop }: Rules): number {
  if (typeof budget !== 'number' || !Number.isInteger(budget)) {
    const at = 'generation_config.thinking_config.thinking_budget';
    return googleViolation(at, `Invalid value at '${at}' (TYPE_INT32), ${JSON.stringify(budget)}`);
  }
  if (budget === -1) return USUAL_TOKENS;
  if (budget === 0) {
    if (!canStop) throw new GoogleInvalid('Budget 0 is invalid. This model only works in thinking mode.');
    return 0;
  }
  if (budget < min || budget > max) {
    throw new GoogleInvalid(
      `The thinking budget ${budget} is invalid. Please choose a value between ${min} and ${max}.`,
    );
  }
  return Math.min(budget, USUAL_TOKENS);
}

/** How much the model thinks and whether it is shown, by `thinkingConfig`. */
export function readGoogleThinking(value: unknown, model: string): Pick<SimulatedChat, 'thinking'> {
  const rules = RULES.find(({ thinks }) => thinks.test(model));
  if (value === undefined || value === null) {
    return rules?.byDefault ? { thinking: { tokens: USUAL_TOKENS, display: 'hidden', redacted: false } } : {};
  }
  const config = googleObject(value, FIELDS, 'generation_config.thinking_config');
  const { thinkingBudget: budget, thinkingLevel: level } = config;
  if (!rules) throw new GoogleInvalid('Thinking is not enabled for this model');
  if (budget !== undefined && level !== undefined) {
    throw new GoogleInvalid('You can only set only one of thinking budget and thinking level.');
  }
  let tokens = rules.byDefault || config['includeThoughts'] === true ? USUAL_TOKENS : 0;
  if (level !== undefined) {
    const known = LEVELS[textOf(level).toUpperCase()];
    if (known === undefined) {
      const at = 'generation_config.thinking_config.thinking_level';
      return googleViolation(
        at,
        `Invalid value at '${at}' (type.googleapis.com/google.ai.generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), ${JSON.stringify(level)}`,
      );
    }
    if (model.startsWith('gemini-2'))
      throw new GoogleInvalid('Thinking level is not supported for this model.');
    if (/pro/.test(model) && textOf(level).toUpperCase() === 'MINIMAL') {
      throw new GoogleInvalid(
        'Thinking level MINIMAL is not supported for this model. Please retry with other thinking level.',
      );
    }
    tokens = known;
  }
  if (budget !== undefined) tokens = budgetTokens(budget, rules);
  if (tokens === 0) return {};
  const display = config['includeThoughts'] === true ? 'shown' : 'hidden';
  return { thinking: { tokens, display, redacted: false } };
}
