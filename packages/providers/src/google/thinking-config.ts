import type { Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterChanged, parameterDropped } from '../request/parameter-warning.ts';
import { geminiModel, isSince, type GeminiModel } from './gemini-model.ts';
import type { GenerationConfig } from './google-body.ts';
import type { GoogleFields } from './google-fields.ts';

type Effort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
type ThinkingConfig = NonNullable<GenerationConfig['thinkingConfig']>;
type Thinking = GoogleFields<{ thinkingConfig?: ThinkingConfig }>;

/** Source: Gemini API, "OpenAI compatibility" (effort to budget) and "Thinking" (range of each model). */
const BUDGETS: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};
const LEAST_OF_PRO = 128;
const MOST = { pro: 32_768, others: 24_576 };

/** `reasoning_effort` as a level for models since Gemini 3, as a budget for those before. */
export function thinkingConfig({ request, entry, model: name }: ProviderCall): Thinking {
  const effort = request.reasoning_effort ?? null;
  if (effort === null) return { fields: {}, warnings: [] };
  const model = geminiModel(name);
  const canThink = entry.supports ? entry.supports.includes('reasoning') : isSince(model, 2.5);
  if (!canThink) {
    const warnings =
      effort === 'none' ? [] : [parameterDropped('reasoning_effort', `${name} has no thinking to set`)];
    return { fields: {}, warnings };
  }
  return model.version !== null && model.version >= 3 ? byLevel(effort, model) : byBudget(effort, model);
}

function byLevel(effort: Effort, { tier, version }: GeminiModel): Thinking {
  const wanted = effort === 'none' ? 'minimal' : effort === 'xhigh' || effort === 'max' ? 'high' : effort;
  // Gemini 3 Pro knows low and high, its successors medium as well.
  const proLevel = wanted === 'minimal' ? 'low' : wanted === 'medium' && version === 3 ? 'high' : wanted;
  const thinkingLevel = tier === 'pro' ? proLevel : wanted;
  return {
    fields: { thinkingConfig: { thinkingLevel, includeThoughts: effort !== 'none' } },
    warnings: thinkingLevel === effort ? [] : [changed(effort, `"${thinkingLevel}", the nearest level`)],
  };
}

function byBudget(effort: Effort, { tier }: GeminiModel): Thinking {
  const isPro = tier === 'pro';
  const most = isPro ? MOST.pro : MOST.others;
  const thinkingBudget = Math.min(most, Math.max(BUDGETS[effort], isPro ? LEAST_OF_PRO : 0));
  return {
    fields: { thinkingConfig: { thinkingBudget, includeThoughts: effort !== 'none' } },
    warnings:
      thinkingBudget === BUDGETS[effort]
        ? []
        : [changed(effort, `a budget of ${thinkingBudget} tokens, the nearest that the model takes`)],
  };
}

function changed(effort: Effort, how: string): Warning {
  return parameterChanged('reasoning_effort', `"${effort}" to ${how}`);
}
