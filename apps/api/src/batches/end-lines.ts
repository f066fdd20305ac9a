import { batchLineJobId, hasLine } from '@sluice/broker';
import { openTenant } from '../tenant-handles.ts';
import type { BatchWork, BatchWorkDeps } from './batch-work.ts';

const AT_ONCE = 50;
const SETTLED_AT_ONCE = 500;

/**
 * Ends every line that has not ended: jobs that wait or run are cancelled (`cancelled`) or left to their deadline
 * (`expired`), and lines that no job was made of are counted as ended. May be repeated.
 */
export async function endLines(
  { batch, signal }: BatchWork,
  how: 'cancelled' | 'expired',
  deps: BatchWorkDeps,
): Promise<void> {
  const { batches } = deps;
  const { jobs } = openTenant(deps, batch);
  const ended = await batches.endedLines(batch.id);
  const withoutJob: number[] = [];
  const settle = async (): Promise<void> => {
    const lines = withoutJob.splice(0);
    if (lines.length === 0) return;
    await batches.settle(
      batch.id,
      lines.map((line) => ({ line, status: how, tokens: [0, 0, 0, 0] as const, cost_usd: 0 })),
    );
  };
  const end = async (line: number): Promise<void> => {
    const id = batchLineJobId(batch.id, line);
    if (how === 'expired') {
      if ((await jobs.get(id)) === null) withoutJob.push(line);
      return;
    }
    const { status } = await jobs.cancel(id);
    if (status === 'not_found') withoutJob.push(line);
  };

  let open: number[] = [];
  for (let line = 1; line <= batch.total; line += 1) {
    if (!hasLine(ended, line)) open.push(line);
    if (open.length < AT_ONCE && line < batch.total) continue;
    signal.throwIfAborted();
    await Promise.all(open.map(end));
    open = [];
    if (withoutJob.length >= SETTLED_AT_ONCE) await settle();
  }
  await settle();
}
