import { describeLatencies, modelsOf, healthField } from '@sluice/broker';
import { LANES, type ProviderStatus, type TargetHealthStatus } from '@sluice/contracts';
import {
  advanceBreaker,
  breakerPolicy,
  isSlow,
  NEW_BREAKER,
  toBreakerState,
  type BreakerState,
} from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';

/** Breakers, error rates and latencies of a provider's models, where something is known. */
export async function showProviderHealth(
  name: string,
  { operations, config }: Pick<ApiDeps, 'operations' | 'config'>,
): Promise<Pick<ProviderStatus, 'health' | 'reported_trouble'>> {
  const { breaker: settings } = config();
  const policy = breakerPolicy(settings);
  const state = await operations.providerHealth(name, { windowMs: settings.window });
  const { nowMs, health, latencies } = state;
  const { factor, min_calls: minCalls } = settings.slow;
  const rows = Array.from(modelsOf(state)).flatMap((model) =>
    LANES.flatMap((lane): TargetHealthStatus[] => {
      const field = healthField({ model, lane });
      const stored = health.breakers.get(field);
      const window = health.windows.get(field);
      const pace = health.paces.get(field);
      if (!stored && !window && !pace) return [];
      const breaker = advanceBreaker(stored ?? NEW_BREAKER, nowMs, policy);
      const tiers = lane === 'live' ? describeLatencies(model, latencies) : {};
      return [
        {
          model,
          lane,
          breaker: showBreaker(toBreakerState(breaker, nowMs, policy.ramp)),
          calls: window?.calls ?? 0,
          error_rate: window && window.calls > 0 ? window.failures / window.calls : null,
          slow: pace ? isSlow(pace, { nowMs, factor, minCalls }) : false,
          latency: Object.fromEntries(
            Object.entries(tiers).map(([tier, of]) => [
              tier,
              {
                first_token_p50_ms: of.firstTokenP50Ms,
                total_p50_ms: of.totalP50Ms,
                total_p95_ms: of.totalP95Ms,
              },
            ]),
          ),
        },
      ];
    }),
  );
  return { health: rows, reported_trouble: health.trouble };
}

function showBreaker(state: BreakerState): TargetHealthStatus['breaker'] {
  const forced = 'forced' in state;
  return {
    state: state.state,
    until: state.state === 'open' && !forced ? new Date(state.untilMs).toISOString() : null,
    share: state.state === 'ramping' ? state.share : null,
    forced,
  };
}
