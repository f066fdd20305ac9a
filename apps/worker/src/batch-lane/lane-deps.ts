import type { Config } from '@sluice/contracts';
import type { Broker, JobRecord, Lead } from '@sluice/broker';
import type { ModelCatalogue } from '@sluice/core';
import type { ProviderLimiter } from '@sluice/limiter';
import type { ProviderBatchAdapter } from '@sluice/providers';
import type { Settler } from '../settle-attempt.ts';
import type { LaneBreaker } from './lane-breaker.ts';

/** What the batch lane of one provider stands on; all borrowed. */
export interface LaneDeps {
  provider: string;
  /** Of the key that batches are made with; never its value. */
  keyName: string;
  region: string | null;
  adapter: ProviderBatchAdapter;
  broker: Pick<Broker, 'laneRuns' | 'lanePool' | 'lines' | 'transitions' | 'placement' | 'budgets'>;
  load: (jobId: string) => Promise<JobRecord | null>;
  /** Moves a job on after its line. */
  settler: Settler;
  /** Makes the worker stop that runs a job live. */
  cancelLive: (jobId: string) => Promise<void>;
  limiter: Pick<ProviderLimiter, 'takeQueuedTokens' | 'releaseQueuedTokens'>;
  catalogue: ModelCatalogue;
  /** In force now. */
  config: () => Config;
  /** Lines a second that can run live beside everything else, when each takes so many tokens. */
  spareRate: (tokensPerLine: number) => Promise<number>;
  breaker: LaneBreaker;
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  observe: LaneObserver;
  onError: (error: unknown) => void;
}

export interface LaneObserver {
  /** A batch was created, found again, refused, or given up. */
  runEnded(fact: { model: string; outcome: RunOutcome; lines: number; ageMs: number }): void;
  lineEnded(fact: { model: string; outcome: LineOutcome }): void;
  /** Both a batch and a live call answered a job; what the later one cost. */
  paidTwice(fact: { model: string; costUsd: number }): void;
  /** A second batch of one run was found: both may be paid. */
  batchDoubled(fact: { model: string }): void;
}

export type RunOutcome = 'collected' | 'given_up' | 'empty';
export type LineOutcome = 'ok' | 'failed' | 'expired' | 'cancelled' | 'missing' | 'hedged' | 'dropped';

/** One pool's leader at work. */
export interface LeadContext extends LaneDeps {
  lead: () => Lead;
  /** Aborted when the lead is lost or the process ends. */
  signal: AbortSignal;
}

/** Another leads by now: whatever was under way is theirs. */
export class LeadLostError extends Error {
  override readonly name = 'LeadLostError';
}

/** Jobs of one run that are moved on at once: each takes a few commands, which share round trips. */
export const LINES_AT_ONCE = 200;

export function customIdOf(run: string, n: number): string {
  return `${run}_${n}`;
}

/** The line's number; null when the id is not of this run. */
export function lineOf(run: string, customId: string): number | null {
  if (!customId.startsWith(`${run}_`)) return null;
  const n = Number(customId.slice(run.length + 1));
  return Number.isSafeInteger(n) && n >= 0 ? n : null;
}
