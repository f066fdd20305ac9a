import type { Lead, LaneRun } from '@sluice/broker';
import { newRunMemory, type RunMemory } from './advance-run.ts';
import { hedgeRuns } from './hedge.ts';
import { LeadLostError, type LaneDeps, type LeadContext } from './lane-deps.ts';
import { isTimeToSend, openRun } from './open-run.ts';
import { stepRun } from './step-run.ts';
import { parsePoolName } from '@sluice/broker';

export interface PoolLeader {
  /** Looks at the pool and its runs once; the runs' steps go on by themselves. */
  tick(lead: Lead): Promise<void>;
  /** Stops at the next step. Resolves when nothing runs any more. Idempotent. */
  close(): Promise<void>;
}

interface Followed {
  memory: RunMemory;
  working: Promise<void> | null;
  /** Not before. */
  nextAtMs: number;
}

/** After an error that is none of the provider's (Redis is away, a bug): the step is done again. */
const AFTER_ERROR_MS = 500;

/** Leads one pool: opens runs for what waits, takes every run on through its steps, hedges what would be late. */
export function leadPool(deps: LaneDeps, firstLead: Lead): PoolLeader {
  const control = new AbortController();
  const runs = new Map<string, Followed>();
  let lead = firstLead;
  let openAgainAtMs = 0;
  const ctx: LeadContext = { ...deps, lead: () => lead, signal: control.signal };
  const { isOnly } = parsePoolName(firstLead.pool);

  const follow = (run: LaneRun): Followed => {
    const known = runs.get(run.run);
    if (known) return known;
    const followed = { memory: newRunMemory(deps.nowMs()), working: null, nextAtMs: 0 };
    runs.set(run.run, followed);
    return followed;
  };

  /** Takes a run on until it has to wait for something. */
  const work = async (id: string, followed: Followed): Promise<void> => {
    while (!control.signal.aborted) {
      const run = await deps.broker.laneRuns.read(deps.provider, id);
      if (!run) {
        runs.delete(id);
        return;
      }
      const end = await stepRun({ run, memory: followed.memory, ctx });
      if (end.status === 'closed') {
        runs.delete(id);
        return;
      }
      if (end.status === 'wait') {
        followed.nextAtMs = performance.now() + end.waitMs;
        return;
      }
    }
  };

  const start = (run: LaneRun): void => {
    const followed = follow(run);
    const wants = run.isCancelled && !followed.memory.cancelSent && run.state === 'polling';
    if (followed.working || (performance.now() < followed.nextAtMs && !wants)) return;
    followed.working = work(run.run, followed)
      .catch((error: unknown) => {
        followed.nextAtMs = performance.now() + AFTER_ERROR_MS;
        // Whoever leads now takes it on from what is written.
        if (error instanceof LeadLostError) runs.delete(run.run);
        else if (!control.signal.aborted) deps.onError(error);
      })
      .finally(() => (followed.working = null));
  };

  return {
    async tick(next) {
      lead = next;
      const nowMs = deps.nowMs();
      const [all, load] = await Promise.all([
        deps.broker.laneRuns.list(deps.provider),
        deps.broker.laneRuns.load(deps.provider, lead.pool, nowMs),
      ]);
      const own = all.filter(({ pool }) => pool === lead.pool);
      if (!isOnly) {
        await hedgeRuns({ runs: own.map((run) => ({ run, memory: follow(run).memory })), load }, ctx);
      }
      own.forEach(start);
      if (performance.now() >= openAgainAtMs && isTimeToSend(load, { runs: own, nowMs, ctx })) {
        openAgainAtMs = performance.now() + (await openRun(load, ctx));
      }
    },
    async close() {
      control.abort();
      await Promise.all(Array.from(runs.values(), async ({ working }) => working));
    },
  };
}
