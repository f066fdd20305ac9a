import type { RoutePlan } from '../plan-route.ts';
import type { RequestFeatures } from './request-features.ts';

/** How a chain was chosen, as it is kept with the job: codes and figures, no sentences. */
export interface RouteDecision {
  strategy: string;
  source: string;
  /** Rules that matched: `support.when.1`. */
  rules?: readonly string[];
  features: {
    input_tokens: number;
    output_tokens: number;
    needs?: readonly string[];
    task?: string;
    complexity?: number;
  };
  order: readonly {
    target: string;
    cost_usd?: number;
    latency_ms?: number;
    wait_ms?: number;
    /** Why it is behind others, or out for now. */
    held?: string;
  }[];
  excluded?: readonly { target: string; code: string }[];
  [detail: string]: unknown;
}

/** More of a list say little and take room in every record. */
const MAX_LISTED = 12;

/** A plan in few bytes: typically below 1 KB. Empty and unknown members are left out. */
export function toDecision(plan: RoutePlan, features: RequestFeatures): RouteDecision {
  return {
    strategy: plan.strategy,
    source: plan.source,
    ...(plan.rules.length > 0 ? { rules: plan.rules } : {}),
    features: {
      input_tokens: features.inputTokens,
      output_tokens: features.outputTokens,
      ...(features.needs.length > 0 ? { needs: features.needs } : {}),
      ...(features.task === null ? {} : { task: features.task }),
      ...(features.complexity === null ? {} : { complexity: features.complexity }),
    },
    order: plan.order.slice(0, MAX_LISTED).map(({ target, costUsd, totalP50Ms, waitMs, standing }) => ({
      target,
      ...(costUsd === null ? {} : { cost_usd: Number(costUsd.toPrecision(4)) }),
      ...(totalP50Ms === null ? {} : { latency_ms: Math.round(totalP50Ms) }),
      ...(waitMs === null ? {} : { wait_ms: Math.round(waitMs) }),
      ...(standing.rank === 0 ? {} : { held: standing.code }),
    })),
    ...(plan.excluded.length === 0
      ? {}
      : { excluded: plan.excluded.slice(0, MAX_LISTED).map(({ target, code }) => ({ target, code })) }),
  };
}
