import type { JobRecord, TenantJobs } from '@sluice/broker';
import { isTerminal } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import { createWaiter } from './create-waiter.ts';

/**
 * Reads a job until it has ended or `waitMs` are over; answers its last state, null when there is none.
 * Subscribes first, so that an end between reading and waiting is not missed, and reads again only when the job may
 * have ended: a streaming job wakes its readers up to 40 times a second. Stops early when `signal` aborts.
 */
export async function waitForEnd(
  { id, jobs, waitMs, signal }: { id: string; jobs: TenantJobs; waitMs: number; signal: AbortSignal },
  { wakeups, limits }: Pick<ApiDeps, 'wakeups' | 'limits'>,
): Promise<JobRecord | null> {
  const untilMs = performance.now() + waitMs;
  const waiter = createWaiter(signal);
  const unsubscribe = await wakeups.subscribe(id, ({ mayHaveEnded }) => {
    if (mayHaveEnded) waiter.wake();
  });
  try {
    for (;;) {
      waiter.reset();
      const record = await jobs.get(id);
      const leftMs = untilMs - performance.now();
      if (!record || isTerminal(record.status) || leftMs <= 0 || signal.aborted) return record;
      await waiter.wait(Math.min(limits.pollMs, leftMs));
    }
  } finally {
    unsubscribe();
    waiter.close();
  }
}
