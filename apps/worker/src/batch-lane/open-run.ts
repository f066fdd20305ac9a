import { randomBytes } from 'node:crypto';
import { formatTarget } from '@sluice/contracts';
import { parsePoolName, type LaneRun, type PoolLoad } from '@sluice/broker';
import type { LeadContext } from './lane-deps.ts';

/** A batch near its deadline is sent at once: what waits for company would only lose time. */
const HURRY = 0.5;

/** Whether what waits should be sent now: it is as much as a batch may hold, or the first has waited for long enough. */
export function isTimeToSend(
  load: PoolLoad,
  {
    runs,
    nowMs,
    ctx,
  }: { runs: readonly LaneRun[]; nowMs: number; ctx: Pick<LeadContext, 'config' | 'adapter'> },
): boolean {
  if (load.lines === 0) return false;
  // One run at a time is being made; its lines would else be taken from under it.
  if (runs.some(({ state }) => state === 'intent' || state === 'file')) return false;
  const { batch } = ctx.config().lanes;
  const { maxLines, maxBytes } = ctx.adapter.limits;
  return (
    load.lines >= Math.min(batch.max_lines, maxLines) ||
    load.bytes >= Math.min(batch.max_bytes, maxBytes) ||
    load.oldestMs >= batch.collect ||
    (load.deadlineMs !== null && load.deadlineMs - nowMs < batch.min_window * HURRY)
  );
}

/**
 * Begins a run for what waits, as far as the provider's own queue has room. The run is known before anything is taken.
 * @returns how long to wait before the next try; 0 when it has begun.
 */
export async function openRun(load: PoolLoad, ctx: LeadContext): Promise<number> {
  const { provider, pool } = ctx.lead();
  const { model } = parsePoolName(pool);
  const { batch } = ctx.config().lanes;
  const closedForMs = await ctx.breaker.closedForMs(formatTarget({ provider, model }));
  if (closedForMs > 0) return closedForMs;
  const lines = Math.min(load.lines, batch.max_lines, ctx.adapter.limits.maxLines);
  // Somewhat more than the average, or what is due first may not fit.
  let tokens = Math.ceil((load.tokens * Math.min(load.lines, lines * SPREAD)) / load.lines);
  for (let tries = 0; tries < 2; tries += 1) {
    const id = `run${randomBytes(10).toString('hex')}`;
    if (!(await ctx.broker.laneRuns.open(ctx.lead(), { id, maxTokens: tokens }))) return batch.poll;
    const taken = await ctx.limiter.takeQueuedTokens({ id, model, tokens });
    if (taken.status === 'taken') return 0;
    await ctx.broker.laneRuns.close(ctx.lead(), id);
    if (taken.remaining < 1) return batch.poll;
    tokens = Math.floor(taken.remaining);
  }
  return batch.poll;
}

const SPREAD = 1.25;
