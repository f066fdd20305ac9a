import type { Lane, LanesConfig, Target } from '@sluice/contracts';

export interface DeadlineRiskInput {
  lane: Lane;
  /** The caller allows no other lane. */
  isForced: boolean;
  chain: readonly Target[];
  timeLeftMs: number;
  /** How long a job of this tier would wait for its live start, in milliseconds; null when that is not known. */
  liveWaitMs: (target: Target) => number | null;
  policy: LanesConfig;
}

/** Why a job will not be done by its deadline, by what is known now; null when nothing speaks against it. */
export function deadlineRisk(input: DeadlineRiskInput): string | null {
  const { lane, isForced, chain, timeLeftMs, liveWaitMs, policy } = input;
  if (lane === 'batch') {
    if (!isForced || timeLeftMs >= policy.batch.min_window) return null;
    return `A provider's batch may take 24 h and the job has ${inWords(timeLeftMs)}: it may expire.`;
  }
  const waits = chain.map(liveWaitMs);
  if (waits.some((waitMs) => waitMs === null || waitMs <= timeLeftMs)) return null;
  const shortest = Math.min(...(waits as number[]));
  return `The job has ${inWords(timeLeftMs)} and would wait for ${inWords(shortest)} before its first call.`;
}

function inWords(ms: number): string {
  if (ms < 120_000) return `${Math.max(1, Math.round(ms / 1_000))} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
