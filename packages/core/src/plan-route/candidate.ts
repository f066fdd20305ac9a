import type { Config, Lane, ModelClass, Target, Tier, Usage, ChatRequest, Warning } from '@sluice/contracts';
import { parseTarget } from '@sluice/contracts';
import { checkRequest } from '../check-request.ts';
import { mediaTokens } from '../media-tokens.ts';
import type { ModelCatalogue, ResolvedModel } from '../model-catalogue.ts';
import { priceRequest } from '../price-request.ts';
import type { World } from '../world.ts';
import type { Exclusion } from './exclusion.ts';
import { hasCapability, SOFT_CAPABILITIES } from './has-capability.ts';
import { mayCall, type CallPolicy } from './may-call.ts';
import type { RequestFeatures } from './request-features.ts';

/** A target as the planner weighs it up. */
export interface Candidate {
  target: Target;
  model: ResolvedModel;
  inputTokens: number;
  outputTokens: number;
  /** Of one attempt, as estimated; null without a price. */
  costUsd: number | null;
  firstTokenP50Ms: number | null;
  totalP50Ms: number | null;
  totalP95Ms: number | null;
  /** Until a new job of the tier would start; null when nobody knows. */
  waitMs: number | null;
  errorRate: number | null;
  limitsUsed: number;
  class: ModelClass | null;
  /** Score for the task; null when the model has none. */
  quality: number | null;
  exclusion: Exclusion | null;
  /** Has everything that the request would like to have. */
  hasAllWished: boolean;
  /** Prompt and answer are estimated not to fit the window, though they might. */
  isTight: boolean;
  warnings: readonly Warning[];
}

export interface CandidateContext {
  request: ChatRequest;
  features: RequestFeatures;
  providers: Config['providers'];
  catalogue: Pick<ModelCatalogue, 'resolve'>;
  world: World;
  tier: Tier;
  lane: Lane;
  policy: CallPolicy;
}

/** Servers of one's own: without a price they cost nothing. */
const OWN_SERVERS: ReadonlySet<string> = new Set(['ollama', 'vllm']);

/** Weighs a target up: whether it may and can serve the request, what that costs, and how long it takes. */
export function weighUp(target: Target, context: CandidateContext): Candidate {
  const { request, features, catalogue, providers, world, tier, policy } = context;
  const model = catalogue.resolve(target);
  const { entry, vendor } = model;
  const provider = parseTarget(target)?.provider ?? '';
  const state = world.targets[target];
  const latency = state?.latency?.[tier];
  const hasMedia = features.inputTokens > features.textTokens;
  const inputTokens = features.textTokens + (hasMedia ? mediaTokens(request, vendor) : 0);
  const outputTokens = Math.min(features.outputTokens, entry.max_output_tokens ?? features.outputTokens);
  const figures = {
    target,
    model,
    inputTokens,
    outputTokens,
    costUsd: costOf({ model, inputTokens, outputTokens, lane: context.lane }),
    firstTokenP50Ms: latency?.firstTokenP50Ms ?? null,
    totalP50Ms: latency?.totalP50Ms ?? null,
    totalP95Ms: latency?.totalP95Ms ?? null,
    waitMs: state?.waitMs?.[tier] ?? null,
    errorRate: state?.errorRate ?? null,
    limitsUsed: state?.limitsUsed ?? 0,
    class: entry.class ?? null,
    quality: (features.task && entry.quality?.[features.task]) ?? entry.quality?.default ?? null,
  };
  const subject = { target, model, request, provider: own(providers, provider) };
  const verdict = mayCall(subject, policy);
  const check = verdict.status === 'ok' ? checkRequest({ request, target, entry, vendor }) : null;
  const exclusion: Exclusion | null =
    verdict.status === 'no'
      ? verdict
      : check?.status === 'refused'
        ? { code: 'request', message: nameTarget(check.message, target), param: check.param }
        : aboveCap(figures, policy);
  return {
    ...figures,
    exclusion,
    warnings: check?.status === 'ok' ? check.warnings : [],
    hasAllWished: features.needs.every((need) => !SOFT_CAPABILITIES.has(need) || hasCapability(need, model)),
    isTight: inputTokens + outputTokens > (entry.max_input_tokens ?? Infinity),
  };
}

/** At the price of the lane that the job is planned for. */
function costOf({
  model,
  inputTokens,
  outputTokens,
  lane,
}: {
  model: ResolvedModel;
  inputTokens: number;
  outputTokens: number;
  lane: Lane;
}): number | null {
  if (!model.entry.price) return OWN_SERVERS.has(model.vendor) ? 0 : null;
  const usage: Usage = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: inputTokens + outputTokens,
  };
  const serviceTier = lane === 'flex' ? 'flex' : null;
  return priceRequest({ usage, entry: model.entry, lane, serviceTier }).costUsd;
}

function aboveCap(
  { target, costUsd, totalP95Ms, waitMs }: Pick<Candidate, 'target' | 'costUsd' | 'totalP95Ms' | 'waitMs'>,
  { filters }: CallPolicy,
): Exclusion | null {
  const { max_cost_usd: maxCostUsd, max_latency_ms: maxLatencyMs } = filters ?? {};
  if (maxCostUsd !== undefined && (costUsd === null || costUsd > maxCostUsd)) {
    const why =
      costUsd === null
        ? `The price of ${target} is not known, so it can't be said to cost at most $${maxCostUsd}.`
        : `A call of ${target} is estimated at $${Number(costUsd.toPrecision(3))}, above $${maxCostUsd}.`;
    return { code: 'max_cost', message: why, param: 'max_cost_usd' };
  }
  const latencyMs = (totalP95Ms ?? 0) + (waitMs ?? 0);
  if (maxLatencyMs !== undefined && latencyMs > maxLatencyMs) {
    const why = `${target} has lately taken ${Math.round(totalP95Ms ?? 0)} ms (p95) and has a wait of ${Math.round(waitMs ?? 0)} ms, together above ${maxLatencyMs} ms.`;
    return { code: 'max_latency', message: why, param: 'max_latency_ms' };
  }
  return null;
}

function nameTarget(message: string, target: Target): string {
  return message.includes(target) ? message : `${target}: ${message}`;
}

function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
