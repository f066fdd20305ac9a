import type { GateState } from '../../limits/limit-gate.ts';
import { tightestState } from '../tightest-state.ts';
import type { WireContext } from '../vendor-wire.ts';

/** Headers of Anthropic's answers; the rate limits as far as the account has some, resets in RFC 3339. */
export function anthropicHeaders(context: WireContext, states: readonly GateState[]): Record<string, string> {
  const headers: Record<string, string> = {
    'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    'request-id': context.requestId,
  };
  for (const dimension of ['requests', 'tokens'] as const) {
    const state = tightestState(states, dimension);
    if (!state) continue;
    const reset = new Date(Math.ceil((context.nowMs + state.reset_ms) / 1_000) * 1_000);
    headers[`anthropic-ratelimit-${dimension}-limit`] = String(state.limit);
    headers[`anthropic-ratelimit-${dimension}-remaining`] = String(state.remaining);
    headers[`anthropic-ratelimit-${dimension}-reset`] = reset.toISOString().replace('.000Z', 'Z');
  }
  return headers;
}
