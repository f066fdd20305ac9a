import type { ChatRequest, ModelEntry } from '@sluice/contracts';

type Effort = Exclude<NonNullable<ChatRequest['reasoning_effort']>, 'none'>;

/** Thinking budgets in tokens for Anthropic's models without an effort parameter; at least 1,024. */
export const THINKING_BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: 1_024,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

/** Tokens that one answer may take above the limit that its caller set: thinking with a budget has its own. */
export function thinkingOnTop(
  { reasoning_effort: effort, ...request }: ChatRequest,
  { entry, vendor }: { entry: ModelEntry; vendor: string | undefined },
): number {
  const limit = request.max_completion_tokens ?? request.max_tokens;
  if (vendor !== 'anthropic' || limit === undefined || !effort || effort === 'none') return 0;
  const has = (feature: string): boolean => entry.supports?.includes(feature) ?? false;
  if (!has('reasoning') || has('effort')) return 0;
  const budget = THINKING_BUDGETS[effort];
  return Math.max(0, Math.min(limit + budget, entry.max_output_tokens ?? Infinity) - limit);
}
