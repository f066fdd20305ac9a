import type { JobRecord } from '@sluice/broker';
import { isTerminal } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import { createWaiter } from './create-waiter.ts';

/** A streaming job wakes its readers up to 40 times a second; the record is read at most this often. */
const MIN_READ_INTERVAL_MS = 100;

/**
 * Reads a job until it has ended or `waitMs` are over; answers its last state, null when there is none.
 * Subscribes first, so that an end between reading and waiting is not missed. Stops early when `signal` aborts.
 */
export async function waitForEnd(
  { id, tenant, waitMs, signal }: { id: string; tenant: string; waitMs: number; signal: AbortSignal },
  { store, wakeups, limits }: Pick<ApiDeps, 'store' | 'wakeups' | 'limits'>,
): Promise<JobRecord | null> {
  const untilMs = performance.now() + waitMs;
  const waiter = createWaiter(signal);
  const unsubscribe = await wakeups.subscribe(id, waiter.wake);
  try {
    for (;;) {
      waiter.reset();
      const record = await store.get(id, tenant);
      const leftMs = untilMs - performance.now();
      if (!record || isTerminal(record.status) || leftMs <= 0 || signal.aborted) return record;
      await waiter.pause(Math.min(MIN_READ_INTERVAL_MS, leftMs));
      await waiter.wait(Math.min(limits.pollMs, untilMs - performance.now()));
    }
  } finally {
    unsubscribe();
    waiter.close();
  }
}
