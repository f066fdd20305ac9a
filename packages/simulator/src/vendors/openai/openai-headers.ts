import type { GateState } from '../../limits/limit-gate.ts';
import { tightestState } from '../tightest-state.ts';
import type { WireContext } from '../vendor-wire.ts';

/** A duration as OpenAI's reset headers write it: `120ms`, `1.5s`, `6m0s`. */
function formatReset(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.ceil(milliseconds)}ms`;
  const seconds = Math.ceil(milliseconds) / 1_000;
  if (seconds < 60) return `${Number(seconds.toFixed(3))}s`;
  return `${Math.floor(seconds / 60)}m${Number((seconds % 60).toFixed(3))}s`;
}

/** Headers of OpenAI's answers; the rate limits as far as the account has some. */
export function openaiHeaders(context: WireContext, states: readonly GateState[]): Record<string, string> {
  const headers: Record<string, string> = {
    'openai-organization': 'org-simulated',
    'openai-project': 'proj_simulated',
    'openai-version': '2020-10-01',
    'x-request-id': context.requestId,
  };
  for (const dimension of ['requests', 'tokens'] as const) {
    const state = tightestState(states, dimension);
    if (!state) continue;
    headers[`x-ratelimit-limit-${dimension}`] = String(state.limit);
    headers[`x-ratelimit-remaining-${dimension}`] = String(state.remaining);
    headers[`x-ratelimit-reset-${dimension}`] = formatReset(state.reset_ms);
  }
  return headers;
}
