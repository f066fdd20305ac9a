import type { Job } from '@sluice/contracts';
import { startStack, type Stack, type StackOptions } from './start-stack.ts';

/** Durations of the real thing, scaled down: jobs have a minute where others have a day. */
export const SCALED_LANES = {
  batch: {
    min_window: '5s',
    collect: '150ms',
    poll: '40ms',
    longest_poll: '150ms',
    look: '60ms',
    looks: 3,
    missing: '2s',
    lease: '1s',
  },
  hedge: { cancel: '1500ms', margin: '1500ms', lines_per_minute: 6_000 },
  flex: { min_window: '2s', pause: '50ms' },
};

/** A target of each vendor that has a Batch API. */
export const BATCH_TARGETS = [
  'openai/gpt-5.4-mini',
  'anthropic/claude-haiku-4-5',
  'google/gemini-2.5-flash',
] as const;

export interface BatchLaneStack extends Stack {
  submitOne(n: number, changes?: object): Promise<Job>;
  submitMany(count: number, changes?: object): Promise<Job[]>;
  allEnded(jobs: readonly Job[], timeoutMs?: number): Promise<Job[]>;
}

/** The whole broker with scaled lanes, and jobs of tier flex that have a minute. */
export async function startBatchLaneStack(options: StackOptions = {}): Promise<BatchLaneStack> {
  const stack = await startStack({
    sweepAfterMs: 500,
    ...options,
    config: { lanes: SCALED_LANES, ...options.config },
  });
  const submitOne = (n: number, changes: object = {}): Promise<Job> =>
    stack.submit({
      request: { messages: [{ role: 'user', content: `What is ${n} plus ${n}?` }] },
      chain: [BATCH_TARGETS[0]],
      tier: 'flex',
      within: '60s',
      ...changes,
    });
  return {
    ...stack,
    submitOne,
    submitMany: (count, changes) =>
      Promise.all(Array.from({ length: count }, (_, n) => submitOne(n, changes))),
    allEnded: (jobs, timeoutMs) => Promise.all(jobs.map(({ id }) => stack.ended(id, timeoutMs))),
  };
}
