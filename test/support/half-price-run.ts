import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Job } from '@sluice/contracts';
import { BATCH_TARGETS } from './batch-lane-stack.ts';
import { startTestRedis } from './redis-for-tests.ts';
import { startStack, type Stack } from './start-stack.ts';
import { until } from './until.ts';

export interface HalfPriceRun {
  jobs: number;
  completed: number;
  /** Of the jobs, those whose answer came from a batch. */
  batchShare: number;
  /** Ended after their deadline. */
  late: number;
  /** What the providers charged, in parts of what they would have charged for live calls alone. */
  billShare: number;
  /** Paid answers that no job has. */
  wastedLines: number;
  batches: number;
  liveCalls: number;
  submitMs: number;
  totalMs: number;
}

/** So many of them run at once in the simulator's time. */
const HOUR_IN_REAL_MS = { short: 1_500 };
const PRICE = { input: 1, output: 5 };
const SUBMITTED_AT_ONCE = 50;

/**
 * Jobs `within` a scaled day at three vendors whose batches take 1 to 20 scaled hours. Two workers are killed, and
 * Redis once, while batches are under way.
 */
export async function runAtHalfPrice({
  jobs: count,
  hourMs = HOUR_IN_REAL_MS.short,
  linesPerBatch,
}: {
  jobs: number;
  /** An hour of the providers, in real milliseconds. */
  hourMs?: number;
  linesPerBatch: number;
}): Promise<HalfPriceRun> {
  const redis = await startTestRedis({ own: true });
  const durationOf = (hours: number): string => `${Math.round(hours * hourMs)}ms`;
  const stack = await startStack({
    redis,
    workers: 0,
    sweepAfterMs: 1_000,
    simulator: {
      max_calls: 1_000,
      batch: {
        time_scale: 3_600_000 / hourMs,
        processing_ms: { min: 3_600_000, max: 20 * 3_600_000 },
        validating_ms: 60_000,
        finalizing_ms: 60_000,
        cancelling_ms: 5 * 60_000,
      },
    },
    config: {
      lanes: {
        batch: {
          min_window: durationOf(12),
          collect: durationOf(0.3),
          max_lines: linesPerBatch,
          poll: durationOf(0.05),
          longest_poll: durationOf(0.2),
          look: '100ms',
          looks: 3,
          missing: durationOf(2),
          lease: '1s',
        },
        hedge: { cancel: durationOf(0.5), margin: durationOf(1), lines_per_minute: 6_000 },
      },
    },
  });
  try {
    return await run(stack, { count, within: durationOf(24), hourMs });
  } finally {
    await stack.close();
    await redis.close();
  }
}

async function run(
  stack: Stack,
  { count, within, hourMs }: { count: number; within: string; hourMs: number },
): Promise<HalfPriceRun> {
  const { control } = stack.simulator;
  const providers = ['openai', 'anthropic', 'google'];
  const startedAt = performance.now();
  const spawn = (): Promise<ChildProcess> => stack.spawnWorker(providers);
  const workers = [await spawn(), await spawn()];
  const submitted: Job[] = [];
  const next = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: SUBMITTED_AT_ONCE }, async () => {
      for (const n of next) submitted.push(await submit(stack, n, within));
    }),
  );
  const submitMs = performance.now() - startedAt;

  const answered = () => control.batches().reduce((sum, { counts }) => sum + counts.succeeded, 0);
  await until(() => answered() > count * 0.05, { timeoutMs: 24 * hourMs, what: 'the first answers' });
  await kill(workers.shift() as ChildProcess);
  workers.push(await spawn());
  await until(() => answered() > count * 0.3, { timeoutMs: 24 * hourMs, what: 'more answers' });
  await stack.redis.restart?.();
  await until(() => answered() > count * 0.5, { timeoutMs: 24 * hourMs, what: 'half of the answers' });
  await kill(workers.shift() as ChildProcess);
  workers.push(await spawn());

  const ended: Job[] = [];
  for (const { id } of submitted) ended.push(await stack.ended(id, 30 * hourMs));
  return report(stack, { ended, submitMs, totalMs: performance.now() - startedAt });
}

function submit(stack: Stack, n: number, within: string): Promise<Job> {
  return stack.submit({
    request: { messages: [{ role: 'user', content: `Question ${n}: what is ${n} times ${n}?` }] },
    chain: [BATCH_TARGETS[n % BATCH_TARGETS.length]],
    tier: 'flex',
    within,
  });
}

async function kill(worker: ChildProcess): Promise<void> {
  const exited = once(worker, 'exit');
  worker.kill('SIGKILL');
  await exited;
}

function report(
  { simulator }: Stack,
  { ended, submitMs, totalMs }: { ended: readonly Job[]; submitMs: number; totalMs: number },
): HalfPriceRun {
  const completed = ended.filter(({ status }) => status === 'completed');
  const byBatch = completed.filter(({ attempts }) =>
    attempts.some(({ lane, status }) => lane === 'batch' && status === 'succeeded'),
  );
  const allLive = completed.reduce((sum, { attempts }) => {
    const usage = attempts.find(({ status }) => status === 'succeeded')?.usage;
    return sum + (usage ? usage.prompt_tokens * PRICE.input + usage.completion_tokens * PRICE.output : 0);
  }, 0);
  const bill = simulator.control.bill();
  const batches = simulator.control.batches();
  const paid = bill.reduce((sum, { calls }) => sum + calls, 0);
  const answeredInBatches = batches.reduce((sum, { counts }) => sum + counts.succeeded, 0);
  return {
    jobs: ended.length,
    completed: completed.length,
    batchShare: byBatch.length / ended.length,
    late: ended.filter(({ finished_at: at, deadline }) => Date.parse(at as string) > Date.parse(deadline))
      .length,
    billShare: (bill.reduce((sum, { cost_usd: cost }) => sum + cost, 0) * 1_000_000) / allLive,
    wastedLines: paid - completed.length,
    batches: batches.length,
    liveCalls: paid - answeredInBatches,
    submitMs: Math.round(submitMs),
    totalMs: Math.round(totalMs),
  };
}
