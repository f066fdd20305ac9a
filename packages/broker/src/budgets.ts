import type { Attempt, BudgetConfig, BudgetLevel, BudgetStatus, Target } from '@sluice/contracts';
import { budgetsOf, type BudgetInForce, type BudgetSubject, type CostBounds } from '@sluice/core';
import { createFreshCache } from './fresh-cache.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';

const scripts = {
  reserve: readScript('budget-reserve'),
  settle: readScript('budget-settle'),
  end: readScript('budget-end'),
};

export type ReserveOutcome =
  | { status: 'reserved' }
  /** `retryInMs` null: a call like this never fits. */
  | { status: 'full'; budget: BudgetInForce; retryInMs: number | null };

/** Calls that run may leave room at any time. */
const LOOK_AGAIN_MS = 1_000;
const MICRO = 1_000_000;
const SEEN_FOR_MS = 1_000;
const MAX_SEEN = 10_000;

type Job = Pick<JobRecord, 'id' | 'tenant' | 'keyId' | 'tags' | 'task' | 'route'>;

/**
 * Budgets in dollars, shared by all processes: what a call may cost is set aside before it, and what it did cost is
 * booked after it, once each. Every budget has a hash tag of its own, so several are taken one by one and given back
 * when one has no room. Without budgets in the configuration nothing is asked of Redis.
 */
export function createBudgets({
  redis,
  keys,
  budgets: initial,
}: {
  redis: RedisClient;
  keys: Keys;
  budgets: readonly BudgetConfig[];
}) {
  let inForce = initial;
  const config = (): readonly BudgetConfig[] => inForce;
  const run = (script: keyof typeof scripts, id: string, args: readonly (string | number)[]) =>
    runScript(redis, scripts[script], [keys.budget(id, 'meter'), keys.budget(id, 'jobs')], args);

  const settle = async (
    budgets: readonly BudgetInForce[],
    {
      jobId,
      token,
      costUsd,
    }: {
      jobId: string;
      token: string;
      /** null: not known, so all that was set aside. */
      costUsd: number | null;
    },
  ): Promise<void> => {
    const cost = costUsd === null ? '' : toMicro(costUsd);
    await Promise.all(budgets.map(({ id }) => run('settle', id, [jobId, token, cost])));
  };

  const status = async ({ id, name, config: budget }: BudgetInForce): Promise<BudgetStatus> => {
    const [[day, daySpent, month, monthSpent, reserved], time] = await Promise.all([
      redis.hmget(keys.budget(id, 'meter'), 'day', 'day_spent', 'month', 'month_spent', 'reserved'),
      redis.time(),
    ]);
    const now = new Date(Number(time[0]) * 1_000).toISOString();
    const spentToday = day === now.slice(0, 10) ? toUsd(daySpent) : 0;
    const spentThisMonth = month === now.slice(0, 7) ? toUsd(monthSpent) : 0;
    const reservedUsd = toUsd(reserved);
    const used = Math.max(
      (spentToday + reservedUsd) / (budget.day_usd ?? Infinity),
      (spentThisMonth + reservedUsd) / (budget.month_usd ?? Infinity),
    );
    return {
      object: 'budget',
      scope: budget.scope,
      name,
      on_exceed: budget.on_exceed,
      level: levelOf(used, budget.soft),
      reserved_usd: reservedUsd,
      day: { limit_usd: budget.day_usd ?? null, spent_usd: spentToday },
      month: { limit_usd: budget.month_usd ?? null, spent_usd: spentThisMonth },
    };
  };
  const recent = new Map<string, BudgetInForce>();
  const seen = createFreshCache({
    load: async (id) => status(recent.get(id) as BudgetInForce),
    maxAgeMs: SEEN_FOR_MS,
    maxEntries: MAX_SEEN,
    now: () => performance.now(),
  });

  return {
    /** Another list after a reload. */
    configure(next: readonly BudgetConfig[]): void {
      inForce = next;
    },
    isEmpty: (): boolean => inForce.length === 0,

    /** Budgets that a call counts against. */
    of: (subject: BudgetSubject, target?: Target): BudgetInForce[] => budgetsOf(subject, config(), target),

    /** Sets the cost of one call aside at all of these budgets, or at none. Idempotent by token. */
    async reserve(
      budgets: readonly BudgetInForce[],
      { jobId, token, cost }: { jobId: string; token: string; cost: CostBounds },
    ): Promise<ReserveOutcome> {
      const replies = await Promise.all(
        budgets.map(async ({ id, config: { day_usd: day, month_usd: month, reserve } }) => {
          const amount = reserve === 'expected' ? cost.expectedUsd : cost.worstUsd;
          const limits = [day, month].map((limit) => (limit === undefined ? '' : toMicro(limit)));
          return (await run('reserve', id, [jobId, token, toMicro(amount), ...limits])) as
            | ['reserved']
            | ['full', number];
        }),
      );
      const full = replies.findIndex(([status]) => status === 'full');
      if (full === -1) return { status: 'reserved' };
      const taken = budgets.filter((_, index) => replies[index]?.[0] === 'reserved');
      await settle(taken, { jobId, token, costUsd: 0 });
      const waits = replies.flatMap((reply) => (reply[0] === 'full' ? [reply[1]] : []));
      const retryInMs = waits.includes(-1) ? null : Math.max(LOOK_AGAIN_MS, ...waits);
      return { status: 'full', budget: budgets[full] as BudgetInForce, retryInMs };
    },

    /** Books what the call cost in place of what was set aside for it. Idempotent by token. */
    settle,

    /** Of a job that has ended, with its last record: settles what lost processes left. Idempotent. */
    async end(job: Job & Pick<JobRecord, 'attempts'>): Promise<void> {
      const targets = [...new Set(job.attempts.map(({ target }) => target as Target))];
      const general = budgetsOf(job, config());
      const ofTargets = targets.flatMap((target) =>
        budgetsOf(job, config(), target)
          .filter(({ config: { scope } }) => scope === 'provider' || scope === 'model')
          .map((budget) => ({ budget, target })),
      );
      const attemptsFor = (budget: BudgetInForce): readonly Attempt[] => {
        const matching = ofTargets.filter((entry) => entry.budget.id === budget.id);
        return general.includes(budget)
          ? job.attempts
          : job.attempts.filter(({ target }) => matching.some((entry) => entry.target === target));
      };
      const all = new Map([...general, ...ofTargets.map(({ budget }) => budget)].map((one) => [one.id, one]));
      await Promise.all(
        Array.from(all.values(), async (budget) => {
          const attempts = attemptsFor(budget);
          const known = attempts.reduce((sum, { cost_usd: cost }) => sum + (cost ?? 0), 0);
          const unknown = attempts.some(({ status, usage }) => status === 'abandoned' && usage === null);
          await run('end', budget.id, [job.id, toMicro(known), unknown ? '1' : '0']);
        }),
      );
    },

    /** How a budget stands. */
    status,

    /** How budgets stood at most a second ago: for decisions that are checked again before each call. */
    async recentStatus(budgets: readonly BudgetInForce[]): Promise<BudgetStatus[]> {
      const states = budgets.map((budget) => {
        recent.set(budget.id, budget);
        return seen.get(budget.id);
      });
      if (recent.size > MAX_SEEN) recent.clear();
      return (await Promise.all(states)) as BudgetStatus[];
    },
  };
}

export type Budgets = ReturnType<typeof createBudgets>;

function levelOf(used: number, soft: number): BudgetLevel {
  if (used >= 1) return 'hard';
  return used >= soft ? 'soft' : 'ok';
}

/** Rounded up: many small calls must not add up to more than was counted. */
function toMicro(usd: number): number {
  return Math.ceil(Number((usd * MICRO).toFixed(6)));
}

function toUsd(micro: string | null | undefined): number {
  return Number(micro ?? 0) / MICRO;
}
