import { parsePoolName } from './pool-name.ts';

/**
 * What a run is about to do, or is doing; written before it is done. `intent`: its lines are being taken and their
 * attempts opened. `file`: they are rendered and uploaded. `created`: the batch is being created at the provider.
 * `polling`: the provider works. `collecting`: its results are taken apart.
 */
export const RUN_STATES = ['intent', 'file', 'created', 'polling', 'collecting'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** A batch at a provider, as the broker follows it. Times are milliseconds of Redis' clock. */
export interface LaneRun {
  run: string;
  /** Of which its jobs come. */
  pool: string;
  model: string;
  state: RunState;
  createdAtMs: number;
  /** Since it is in its state. */
  sinceMs: number;
  /** All lines that it will have are taken. */
  isSealed: boolean;
  lines: number;
  bytes: number;
  tokens: number;
  /** Room that may be taken in the provider's own queue; 0: any. */
  maxTokens: number;
  /** Lines whose jobs have ended or are queued again. */
  done: number;
  /** Of its first line; 0 while it has none. */
  deadlineMs: number;
  /** Lines that were sent; 0 before. */
  sent: number;
  fileId: string | null;
  /** From when on the provider's batch may have been created; 0 before. */
  createdSinceMs: number;
  /** The provider's id of the batch. */
  batch: string | null;
  /** Its lines are wanted back. */
  isCancelled: boolean;
  /** Its lines that were not answered have been sent on, without waiting for the provider. */
  isHedged: boolean;
  /** Batches that turned out to be somebody else's. */
  foreign: readonly string[];
}

/** A run from its hash; null when there is none. */
export function decodeRun(hash: Readonly<Record<string, string>>): LaneRun | null {
  if (!hash['run'] || !hash['state']) return null;
  const number = (field: string): number => Number(hash[field] ?? 0);
  return {
    run: hash['run'],
    pool: hash['pool'] ?? '',
    model: parsePoolName(hash['pool'] ?? '').model,
    state: hash['state'] as RunState,
    createdAtMs: number('created'),
    sinceMs: number('since'),
    isSealed: hash['sealed'] === '1',
    lines: number('lines'),
    bytes: number('bytes'),
    tokens: number('tokens'),
    maxTokens: number('max_tokens'),
    done: number('done'),
    deadlineMs: number('deadline'),
    sent: number('sent'),
    fileId: hash['file'] || null,
    createdSinceMs: number('created_since'),
    batch: hash['batch'] || null,
    isCancelled: hash['cancelled'] === '1',
    isHedged: hash['hedged'] === '1',
    foreign: JSON.parse(hash['foreign'] ?? '[]') as string[],
  };
}
