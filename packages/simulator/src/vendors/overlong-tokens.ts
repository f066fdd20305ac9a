import type { WireContext, WireErrorDetails } from './vendor-wire.ts';

/** Tokens that a context-window refusal names: the real ones, or one too many when the refusal is a fault. */
export function overlongTokens(
  { maxInputTokens }: WireContext,
  { promptTokens = 0 }: WireErrorDetails,
): number {
  return Math.max(promptTokens, maxInputTokens + 1);
}
