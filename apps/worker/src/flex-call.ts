import { parseTarget, type Config, type Lane, type Target } from '@sluice/contracts';
import type { JobRecord } from '@sluice/broker';
import { afterFlexRefusal, laneOffer, type ModelCatalogue } from '@sluice/core';
import type { ProviderCall } from '@sluice/providers';
import type { SettleDeps } from './settle-attempt.ts';

/** The lane of a call at a target: a job of the flex lane that has come to a target without that tier runs live there. */
export function laneOfCall(
  job: Pick<JobRecord, 'lane'>,
  target: Target,
  { config, catalogue }: { config: Config; catalogue: ModelCatalogue },
): Lane {
  if (job.lane !== 'flex') return 'live';
  const provider = config.providers[parseTarget(target)?.provider ?? ''];
  return laneOffer(provider, catalogue.resolve(target).entry).flex ? 'flex' : 'live';
}

/** The same call in the vendor's flex tier, which answers late. */
export function asFlexCall(call: ProviderCall, timeoutMs: number): ProviderCall {
  const { timeouts } = call;
  return {
    ...call,
    request: Object.freeze({ ...call.request, service_tier: 'flex' as const }),
    timeouts: {
      ...timeouts,
      first_token_ms: Math.max(timeouts.first_token_ms, timeoutMs),
      total_ms: Math.max(timeouts.total_ms, timeoutMs),
    },
  };
}

const NO_ROOM: ReadonlySet<string> = new Set(['rate_limited', 'overloaded']);

/** What a job of the flex lane does when the tier has no room for it. */
export function laneAfterFlex({
  config,
  catalogue,
  nowMs,
}: {
  config: () => Config;
  catalogue: ModelCatalogue;
  nowMs: () => number;
}): NonNullable<SettleDeps['laneAfter']> {
  return (job, { attempt, error }) => {
    const target = job.chain[job.targetIndex] as Target;
    if (laneOfCall(job, target, { config: config(), catalogue }) !== 'flex' || !NO_ROOM.has(error.code)) {
      return { lane: job.lane };
    }
    const before = job.attempts.filter(
      (past) => past.n < attempt && past.lane === 'flex' && NO_ROOM.has(past.error?.code ?? ''),
    );
    const { lane, delayMs } = afterFlexRefusal({
      refusals: before.length + 1,
      isForced: job.options.lane === 'flex',
      timeLeftMs: job.deadlineMs - nowMs(),
      retryAfterMs: error.retry_after_ms,
      policy: config().lanes.flex,
    });
    return { lane, again: { delayMs } };
  };
}
