import type { LaneDeps } from './lane-deps.ts';
import { leadPool, type PoolLeader } from './lead-pool.ts';

export interface BatchLane {
  /** Hands the pools that this process leads to others. What is under way at the provider goes on. Idempotent. */
  close(): Promise<void>;
}

const TICK_MS = 500;
/** Renewals in the time of a lease. */
const RENEWALS = 4;

/**
 * Collects for a provider's Batch API: leads those of its pools that nobody else leads, and takes over from a process
 * that is gone once its lease has run out.
 */
export function startBatchLane(deps: LaneDeps & { holder: string }): BatchLane {
  const { laneRuns } = deps.broker;
  const leaders = new Map<string, { leader: PoolLeader; fence: number }>();
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let ticking: Promise<void> = Promise.resolve();

  const tickPool = async (pool: string): Promise<void> => {
    const leaseMs = deps.config().lanes.batch.lease;
    const lead = await laneRuns.lead(deps.provider, { pool, holder: deps.holder, leaseMs });
    const known = leaders.get(pool);
    if (known && known.fence !== lead?.fence) {
      // It was late, or another took over: what it had under way is void.
      leaders.delete(pool);
      await known.leader.close();
    }
    if (!lead || closed) return;
    const own = leaders.get(pool) ?? { leader: leadPool(deps, lead), fence: lead.fence };
    leaders.set(pool, own);
    await own.leader.tick(lead);
  };
  const tick = async (): Promise<void> => {
    for (const pool of await laneRuns.pools(deps.provider)) await tickPool(pool).catch(deps.onError);
  };
  const schedule = (): void => {
    if (closed) return;
    const everyMs = Math.min(TICK_MS, deps.config().lanes.batch.lease / RENEWALS);
    timer = setTimeout(() => {
      ticking = tick().catch(deps.onError).finally(schedule);
    }, everyMs);
  };
  schedule();

  const close = async (): Promise<void> => {
    closed = true;
    if (timer) clearTimeout(timer);
    await ticking;
    for (const [pool, { leader, fence }] of leaders) {
      await leader.close();
      await laneRuns.resign({ provider: deps.provider, pool, fence }).catch(deps.onError);
    }
    leaders.clear();
  };
  let closing: Promise<void> | null = null;
  return { close: () => (closing ??= close()) };
}
