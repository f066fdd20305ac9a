import {
  ApiError,
  parseTarget,
  ZERO_USAGE,
  type ChatRequest,
  type JobSubmission,
  type Lane,
  type Target,
  type Warning,
} from '@sluice/contracts';
import {
  deadlineRisk,
  estimateTokens,
  laneOffer,
  mayBatch,
  planLane,
  priceRequest,
  type CallPolicy,
  type LanePlan,
} from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';

type PlannedLane = Omit<Extract<LanePlan, { status: 'ok' }>, 'status'>;

/**
 * The lane in which a job begins, what it is expected to cost there, and a warning when its deadline is at risk.
 * @throws ApiError `no_eligible_target` when no target offers the lane that was asked for, `deadline_unmeetable` when
 * the deadline is at risk and the caller wants to be refused then.
 */
export function planJobLane(
  {
    submission,
    chain,
    request,
    timeLeftMs,
    policy,
  }: {
    submission: Pick<JobSubmission, 'lane' | 'tier' | 'deadline_policy'>;
    chain: readonly Target[];
    request: ChatRequest;
    timeLeftMs: number;
    /** What the job and its key demand of its targets. */
    policy: CallPolicy;
  },
  { config, resolveModel, world }: Pick<ApiDeps, 'config' | 'resolveModel' | 'world'>,
): PlannedLane {
  const { providers, lanes } = config();
  const { tier, lane: asked } = submission;
  const { targets } = world();
  const waitMs = (target: Target): number | null => targets[target]?.waitMs?.[tier] ?? null;
  const plan = planLane({
    asked,
    tier,
    request,
    chain,
    offer: (target) => {
      const provider = providers[parseTarget(target)?.provider ?? ''];
      const model = resolveModel(target);
      const offer = laneOffer(provider, model.entry);
      return {
        ...offer,
        batch: offer.batch && mayBatch({ target, provider, model }, policy).status === 'ok',
      };
    },
    estimateUsd: (target, lane) => estimateUsd(request, { target, lane, resolveModel }),
    timeLeftMs,
    liveWaitMs: waitMs,
    isOpen: (target, lane) => targets[target]?.breakers?.[lane]?.state === 'open',
    policy: lanes,
  });
  if (plan.status === 'error') throw new ApiError('no_eligible_target', plan.message, { param: 'lane' });
  const risk = deadlineRisk({
    lane: plan.choice.lane,
    isForced: asked !== 'auto',
    chain: plan.chain,
    timeLeftMs,
    liveWaitMs: waitMs,
    policy: lanes,
  });
  if (risk !== null && submission.deadline_policy === 'refuse') {
    throw new ApiError('deadline_unmeetable', risk, { param: 'deadline' });
  }
  return { ...plan, warnings: [...plan.warnings, ...(risk === null ? [] : [atRisk(risk)])] };
}

function atRisk(message: string): Warning {
  return { code: 'deadline_at_risk', message, param: 'deadline' };
}

function estimateUsd(
  request: ChatRequest,
  { target, lane, resolveModel }: { target: Target; lane: Lane; resolveModel: ApiDeps['resolveModel'] },
): number | null {
  const { entry, vendor } = resolveModel(target);
  const { input, output, total } = estimateTokens(request, { vendor });
  const usage = { ...ZERO_USAGE, prompt_tokens: input, completion_tokens: output, total_tokens: total };
  return priceRequest({ usage, entry, lane, serviceTier: lane === 'flex' ? 'flex' : null }).costUsd;
}
