import type { RouteCandidate, RouteExplanation } from '@sluice/contracts';
import type { PlannedRoute } from '../plan-route.ts';
import type { Candidate } from './candidate.ts';
import type { CallPolicy } from './may-call.ts';
import type { RequestFeatures } from './request-features.ts';

const STRATEGY_REASONS: Readonly<Record<string, string>> = {
  ordered: 'Targets are taken in the order in which they are written.',
  cheapest: 'The lowest estimated cost comes first; targets without a price come last.',
  fastest: 'The lowest recent median latency comes first; an unknown one is tried by a tenth of the jobs.',
  weighted: 'The first is drawn by weight, lowered by the error rate of the last minute.',
  round_robin: 'Each target comes first in its turn.',
  least_wait: 'The target where the job would start first comes first.',
};

/** A plan in words and figures: what `planRoute` did, and nothing that it did not. */
export function explainPlan(
  plan: PlannedRoute,
  { features, policy }: { features: RequestFeatures; policy: CallPolicy },
): RouteExplanation {
  const { weighed, excluded } = plan;
  const order = plan.status === 'ok' ? plan.order : [];
  const inChain = new Set(order.map(({ target }) => target));
  const left = weighed.filter(({ target }) => !inChain.has(target));
  return {
    object: 'route_explanation',
    route: plan.route,
    source: plan.source,
    strategy: plan.strategy,
    rules: [...plan.rules],
    rounds: plan.status === 'ok' ? plan.rounds : null,
    chain: order.map(({ target }) => target),
    error: plan.status === 'ok' ? null : { code: plan.code, message: plan.message, param: plan.param },
    features: {
      input_tokens: features.inputTokens,
      output_tokens: features.outputTokens,
      needs: [...features.needs],
      task: features.task,
      complexity: features.complexity,
    },
    filters: { ...defined(policy.filters), ...(policy.forced ? { key: defined(policy.forced) } : {}) },
    candidates: [
      ...order.map((candidate, index): RouteCandidate => {
        const { standing } = candidate;
        return {
          ...figures(candidate),
          position: index + 1,
          status: standing.rank === 0 ? 'ready' : standing.rank === 1 ? 'behind' : 'out',
          code: standing.rank === 0 ? null : standing.code,
          reason: standing.rank === 0 ? null : standing.message,
        };
      }),
      ...left.map((candidate): RouteCandidate => {
        const exclusion = excluded.find(({ target }) => target === candidate.target);
        return {
          ...figures(candidate),
          position: null,
          status: 'excluded',
          code: exclusion?.code ?? 'not_needed',
          reason: exclusion?.message ?? 'A plain model name is a chain of one: another target serves it.',
        };
      }),
    ],
    why: reasons(plan),
    warnings: plan.status === 'ok' ? [...plan.warnings] : [],
  };
}

function figures(candidate: Candidate): Omit<RouteCandidate, 'position' | 'status' | 'code' | 'reason'> {
  const { target, model, errorRate } = candidate;
  return {
    target,
    class: candidate.class,
    quality: candidate.quality,
    quality_source: model.qualitySource,
    input_tokens: candidate.inputTokens,
    output_tokens: candidate.outputTokens,
    cost_usd: candidate.costUsd,
    price_version: model.priceVersion,
    first_token_p50_ms: candidate.firstTokenP50Ms,
    total_p50_ms: candidate.totalP50Ms,
    total_p95_ms: candidate.totalP95Ms,
    wait_ms: candidate.waitMs,
    chance: errorRate === null ? null : 1 - errorRate,
  };
}

function reasons(plan: PlannedRoute): string[] {
  const start = {
    route: `Route "${plan.route}" is used.`,
    chain: 'The job brings its own chain.',
    target: 'The job names one target.',
    model: 'The job names a model; the first target that serves it is used.',
  }[plan.source];
  const rules = plan.rules.map((rule) => `Rule ${rule} matches and says which targets are used.`);
  const held = plan.status === 'ok' ? plan.order : [];
  return [
    start,
    ...rules,
    ...(plan.source === 'route' ? [STRATEGY_REASONS[plan.strategy] ?? `Strategy ${plan.strategy}.`] : []),
    ...held.flatMap(({ standing }) => (standing.rank === 0 ? [] : [standing.message])),
    ...plan.excluded.map(({ message }) => message),
  ];
}

function defined(fields: object | undefined): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== undefined));
}
