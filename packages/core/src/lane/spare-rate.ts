/** What is allowed at a provider and what waits there beside the lines of batches. */
export interface SpareRateInput {
  /** Calls a second that its limits allow; 0 for no limit. */
  requestsPerSecond: number;
  /** Tokens a second; 0 for no limit. */
  tokensPerSecond: number;
  /** That a line is expected to take. */
  tokensPerLine: number;
  /** The part of the provider that falls to the lines while others wait as well; 1 when nobody does. */
  share: number;
  /** What is taken where no limit tells. */
  defaultPerSecond: number;
}

/** Lines a second that can run live beside everything else. */
export function spareRate(input: SpareRateInput): number {
  const byTokens =
    input.tokensPerSecond > 0 ? input.tokensPerSecond / Math.max(1, input.tokensPerLine) : Infinity;
  const byRequests = input.requestsPerSecond > 0 ? input.requestsPerSecond : Infinity;
  const allowed = Math.min(byRequests, byTokens);
  return (allowed === Infinity ? input.defaultPerSecond : allowed) * input.share;
}
