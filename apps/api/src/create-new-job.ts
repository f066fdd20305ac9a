import {
  ApiError,
  DEFAULT_WEBHOOK_EVENT_TYPES,
  parseDurationMs,
  type JobSubmission,
  type Warning,
} from '@sluice/contracts';
import type { ChatRequest } from '@sluice/contracts';
import { countsJobs, type NewJob } from '@sluice/broker';
import { estimateTokens, toDecision } from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';
import { budgetOf, checkBudgets } from './check-budgets.ts';
import { namedRoute } from './named-route.ts';
import { planJobLane } from './plan-job-lane.ts';
import { resolveWebhook } from './resolve-webhook.ts';
import { targetFilters } from './target-filters.ts';
import { warmTargetFor } from './warm-target.ts';

const DEFAULT_LIFETIME_MS = 24 * 3_600_000;

/** What a job takes over from who asks for it. */
export type JobCaller = Omit<Caller, 'scopes' | 'defaults' | 'stillHolds'>;

export interface NewJobInput {
  id: string;
  bodyHash: string;
  submission: JobSubmission;
  caller: JobCaller;
  retriedFrom?: string;
  nowMs: number;
  /** What was found out while the submission was made; stored with the job. */
  warnings?: readonly Warning[];
}

/**
 * A checked submission as the job to store: chain planned, deadline and webhook resolved.
 * @throws ApiError `unknown_route`, `unknown_target`, `unknown_model`, `not_allowed`, `no_eligible_target`,
 * `deadline_unmeetable`, `invalid_webhook_url`, `invalid_request`.
 */
export async function createNewJob(
  { id, bodyHash, submission, caller, retriedFrom, nowMs, warnings = [] }: NewJobInput,
  deps: Pick<ApiDeps, 'config' | 'router' | 'resolveModel' | 'refuseWebhookUrl' | 'world' | 'warmPrompts'>,
): Promise<NewJob> {
  const config = deps.config();
  const spending = {
    tags: submission.tags,
    task: submission.task ?? null,
    route: namedRoute(submission, config),
  };
  const budget = await budgetOf(spending, { caller, config: deps.config });
  const request = submission.request as ChatRequest;
  const warmTarget = await warmTargetFor(request, deps);
  const { plan, features } = deps.router.planJob({ submission, caller, id, nowMs, budget, warmTarget });
  if (plan.status === 'error') throw new ApiError(plan.code, plan.message, { param: plan.param });
  await checkBudgets({ ...spending, route: plan.route }, { request, chain: plan.chain }, { caller, ...deps });
  const filters = targetFilters(submission);
  const deadlineMs = resolveDeadlineMs(submission, nowMs);
  const timeLeftMs = deadlineMs - nowMs;
  const policy = { filters: filters ?? undefined, forced: caller.allow };
  const lane = planJobLane({ submission, chain: plan.chain, request, timeLeftMs, policy }, deps);
  const webhook = await resolveWebhook(
    { webhook: submission.webhook, caller, usual: DEFAULT_WEBHOOK_EVENT_TYPES },
    deps,
  );
  const endpointEvents = caller.webhooks.progressEvents();
  const maxOpenJobs = config.tenants[caller.tenant]?.max_queued ?? config.tenant_defaults.max_queued;
  const keyLimits = countsJobs(caller.limits) ? caller.limits : null;
  const { retention } = submission;
  const resultTtlMs = retention?.result_ttl === undefined ? null : parseDurationMs(retention.result_ttl);
  return {
    id,
    bodyHash,
    tenant: caller.tenant,
    keyId: caller.keyId,
    tier: submission.tier,
    lane: lane.choice.lane,
    route: plan.route,
    chain: lane.chain,
    targetIndex: lane.targetIndex,
    request,
    options: {
      lane: submission.lane,
      onRefusal: submission.on_refusal,
      onStreamFailure: submission.on_stream_failure,
      webhook,
      ...(endpointEvents.length > 0 ? { endpointEvents } : {}),
      ...(submission.webhook_thin ? { webhookThin: true as const } : {}),
      resultTtlMs: resultTtlMs ?? config.retention.result_ttl,
      deleteAfterDelivery: retention?.delete_after_delivery ?? false,
      dropRequest: retention?.drop_request ?? false,
      rounds: plan.rounds,
      ...(filters ? { filters } : {}),
      ...(caller.allow ? { forced: caller.allow } : {}),
      ...(keyLimits ? { countsForKey: true as const } : {}),
      ...(caller.limits?.running_jobs === undefined ? {} : { maxRunningOfKey: caller.limits.running_jobs }),
      ...(submission.validate ? { validate: { maxFailures: submission.validate.max_failures ?? null } } : {}),
      ...(config.routes[plan.route ?? '']?.spill === false ? { spill: false } : {}),
    },
    task: submission.task ?? null,
    metadata: submission.metadata,
    tags: submission.tags,
    decision: { ...toDecision(plan, features), lane: lane.choice },
    batchId: null,
    customId: null,
    retriedFrom: retriedFrom ?? null,
    estimatedTokens: estimateTokens(request).total,
    createdAtMs: nowMs,
    deadlineMs,
    warnings: [...warnings, ...plan.warnings, ...lane.warnings],
    ...(maxOpenJobs === undefined ? {} : { maxOpenJobs }),
    ...(keyLimits ? { keyLimits } : {}),
  };
}

function resolveDeadlineMs({ deadline, within }: JobSubmission, nowMs: number): number {
  const deadlineMs =
    deadline === undefined
      ? nowMs + (within === undefined ? DEFAULT_LIFETIME_MS : (parseDurationMs(within) as number))
      : Date.parse(deadline);
  if (deadlineMs <= nowMs) {
    const param = deadline === undefined ? 'within' : 'deadline';
    throw new ApiError('invalid_request', `${param} must lie in the future.`, { param });
  }
  return deadlineMs;
}
