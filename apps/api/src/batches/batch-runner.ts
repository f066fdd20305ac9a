import { randomUUID } from 'node:crypto';
import type { BatchWorkDeps } from './batch-work.ts';
import { moveBatchOn } from './move-batch-on.ts';

export interface BatchRunnerOptions extends BatchWorkDeps {
  onError: (error: unknown, context: { batchId?: string }) => void;
  /** How long a lost process keeps its batches. @defaultValue 15,000 */
  leaseMs?: number;
  /** How often it looks for batches that are due. @defaultValue 250 */
  pollMs?: number;
}

export interface BatchRunner {
  /** A batch of this process is due: look now. */
  wake(): void;
  /** Hands back what it holds. Idempotent. */
  close(): Promise<void>;
}

/** Batches that one process moves on at once: more would only share its one processor. */
const AT_ONCE = 3;
/** After an error the batch is tried again. */
const RETRY_MS = 3_000;
/** An entry without a record: its creator was lost, or has not come to it yet. */
const FORGET_AFTER_MS = 60_000;

/**
 * Moves batches on: checks their input, makes jobs of their lines, writes their files. Any number of processes may
 * run one; a batch is held by a lease, so that another one goes on when its process is killed.
 */
export function startBatchRunner(options: BatchRunnerOptions): BatchRunner {
  const { batches, onError, leaseMs = 15_000, pollMs = 250 } = options;
  const owner = randomUUID();
  const closing = new AbortController();
  const held = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | null = null;
  let looking: Promise<void> | null = null;
  let again = false;

  const look = (): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    if (closing.signal.aborted) return;
    if (looking) {
      again = true;
      return;
    }
    looking = lookForWork()
      .catch((error: unknown) => onError(error, {}))
      .finally(() => {
        looking = null;
        if (closing.signal.aborted) return;
        timer = setTimeout(look, again ? 0 : pollMs);
        again = false;
      });
  };

  async function lookForWork(): Promise<void> {
    const room = AT_ONCE - held.size;
    if (room <= 0) return;
    const due = await batches.due(Date.now(), AT_ONCE * 10);
    for (const id of due.filter((candidate) => !held.has(candidate))) {
      if (held.size >= AT_ONCE || closing.signal.aborted) return;
      const claim = await batches.claim(id, owner, leaseMs);
      if (claim === 'gone') await forgetIfOld(id);
      if (claim !== 'held') continue;
      held.set(
        id,
        work(id)
          .catch((error: unknown) => onError(error, { batchId: id }))
          .finally(() => {
            held.delete(id);
            look();
          }),
      );
    }
  }

  async function forgetIfOld(id: string): Promise<void> {
    const old = await batches.due(Date.now() - FORGET_AFTER_MS, AT_ONCE * 10);
    if (old.includes(id)) await batches.retire(id);
  }

  /** Until it has to wait, ends, or the lease is lost. */
  async function work(id: string): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([closing.signal, lost.signal]);
    const renewal = setInterval(() => {
      batches.claim(id, owner, leaseMs).then(
        (claim) => {
          if (claim !== 'held') lost.abort();
        },
        // Redis is away: what is written meanwhile fails by itself.
        () => undefined,
      );
    }, leaseMs / 3);
    try {
      for (;;) {
        const batch = await batches.read(id);
        if (!batch) return await batches.retire(id);
        const moved = await moveBatchOn({ batch, owner, signal }, options);
        if (moved.status === 'done') return await batches.retire(id);
        if (moved.afterMs === 0) continue;
        await batches.lookAgain(id, Date.now() + moved.afterMs);
        // All lines may have ended between the step and this: the next look would be late.
        const now = await batches.read(id);
        if (now?.status === batch.status) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      await batches.lookAgain(id, Date.now() + RETRY_MS).catch(() => undefined);
      throw error;
    } finally {
      clearInterval(renewal);
      if (!lost.signal.aborted) await batches.release(id, owner).catch(() => undefined);
    }
  }

  look();
  let closed: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    closing.abort();
    if (timer) clearTimeout(timer);
    await looking;
    await Promise.all(held.values());
  };
  return { wake: look, close: () => (closed ??= close()) };
}
