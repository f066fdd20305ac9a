import type { BatchWork, BatchWorkDeps } from './batch-work.ts';
import { checkInput } from './check-input.ts';
import { endLines } from './end-lines.ts';
import { queueLines } from './queue-lines.ts';
import { releaseInput } from './release-input.ts';
import { writeResultFiles } from './write-result-files.ts';

/** `done`: nobody has to look at it again. Else when somebody should. */
export type MovedOn = { status: 'done' } | { status: 'later'; afterMs: number };

const AT_ONCE: MovedOn = { status: 'later', afterMs: 0 };
/** The last line's end makes the batch due at once; this is for what may have been missed. */
const WHILE_IT_RUNS_MS = 5_000;
/** The sweeper ends queued lines at their deadline, which takes it some time when there are many. */
const WHILE_IT_ENDS_MS = 1_000;

/**
 * Does what a batch's state asks for next, to the end of that state. Every step may be repeated by another process.
 */
export async function moveBatchOn(work: BatchWork, deps: BatchWorkDeps): Promise<MovedOn> {
  const { batch } = work;
  const { batches } = deps;
  await batches.flush(batch.id);
  switch (batch.status) {
    case 'validating': {
      const checked = await checkInput(batch, { ...deps, signal: work.signal });
      if (checked.status === 'faulty') await batches.move(batch.id, 'failed', { errors: checked.errors });
      else await batches.move(batch.id, 'in_progress', { total: checked.total, model: checked.model });
      return AT_ONCE;
    }
    case 'in_progress': {
      if (!batch.allQueued && Date.now() < batch.expiresAtMs) {
        const status = await queueLines(work, deps);
        return status === 'in_progress' ? { status: 'later', afterMs: WHILE_IT_RUNS_MS } : AT_ONCE;
      }
      if (Date.now() < batch.expiresAtMs) {
        await batches.tell(batch.id);
        const leftMs = batch.expiresAtMs - Date.now();
        return { status: 'later', afterMs: Math.min(WHILE_IT_RUNS_MS, leftMs) };
      }
      if (!batch.allQueued) await batches.allQueued(batch.id, work.owner);
      await endLines(work, 'expired', deps);
      return { status: 'later', afterMs: WHILE_IT_ENDS_MS };
    }
    case 'cancelling': {
      if (!batch.allQueued) await batches.allQueued(batch.id, work.owner);
      await endLines(work, 'cancelled', deps);
      const now = await batches.read(batch.id);
      if (!now || now.completed + now.failed < now.total)
        return { status: 'later', afterMs: WHILE_IT_ENDS_MS };
      const files = await writeResultFiles({ ...work, batch: now }, deps);
      await batches.move(batch.id, 'cancelled', files);
      return AT_ONCE;
    }
    case 'finalizing': {
      const files = await writeResultFiles(work, deps);
      await batches.move(batch.id, batch.expired > 0 ? 'expired' : 'completed', files);
      return AT_ONCE;
    }
    case 'completed':
    case 'failed':
    case 'expired':
    case 'cancelled':
      await releaseInput(batch, deps);
      return { status: 'done' };
    default:
      return batch.status satisfies never;
  }
}
