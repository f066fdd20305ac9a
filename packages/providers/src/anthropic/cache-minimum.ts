/** Prefixes shorter than this are not cached. Source: Anthropic's guide "Prompt caching", by model. */
const MINIMUM_TOKENS: readonly (readonly [RegExp, number])[] = [
  [/^claude-(3-7-sonnet|3-opus|4-|(sonnet|opus)-4-(2025|[015]\b)|opus-4-1)/, 1_024],
  [/^claude-(3-haiku|3-5-haiku|sonnet-4-6)/, 2_048],
];
const LONGEST_MINIMUM = 4_096;

/** Tokens that a prefix needs to be cached by a model; models that are not listed need the most. */
export function cacheMinimum(model: string): number {
  // Claude Opus 4.5 shares its name's form with Sonnet 4.5 and needs more.
  if (model.startsWith('claude-opus-4-5')) return LONGEST_MINIMUM;
  return MINIMUM_TOKENS.find(([name]) => name.test(model))?.[1] ?? LONGEST_MINIMUM;
}
