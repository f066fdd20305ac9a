import { isTerminal } from '@sluice/contracts';
import { createLaneSweep } from './batch-lane/lane-sweep.ts';
import type { LanePool } from './batch-lane/lane-pool.ts';
import type { LaneRuns } from './batch-lane/lane-runs.ts';
import { parseTicketId, ticketId, type Backlog } from './backlog.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import type { Outbox } from './outbox.ts';
import { providerOf, type Placement } from './placement.ts';
import { requeueLost } from './requeue-lost.ts';
import type { RedisClient } from './script.ts';
import { serverTimeMs } from './server-time-ms.ts';
import type { TicketQueues } from './ticket-queues.ts';
import { LOST_WORKER, unpaidEnd, type Transitions } from './transitions.ts';

export interface SweeperDeps {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  backlog: Backlog;
  queues: TicketQueues;
  placement: Placement;
  lanePool: LanePool;
  laneRuns: LaneRuns;
  transitions: Transitions;
  outbox: Outbox;
  /** A job could not be checked or repaired; it is tried again later and does not keep the others waiting. */
  onError: (error: unknown, context: { jobId: string }) => void;
}

export type SweepAction = 'none' | 'forgotten' | 'flushed' | 'expired' | 'queued' | 'recovered' | 'failed';

const OVERDUE_BATCH = 200;

/**
 * Repairs what a process left behind when it was lost between two steps. Every job that has not ended, or whose
 * effects are not carried out, has an entry in an `open` set; the sweeper looks at those that nobody has looked at
 * for a while and moves each on by its state. Any number of sweepers may run.
 */
export function createSweeper(deps: SweeperDeps) {
  const { redis, keys, codec, backlog, queues, placement, transitions, outbox } = deps;
  const lane = createLaneSweep(deps);
  const expire = async (job: JobRecord): Promise<boolean> => {
    const outcome = await transitions.finish(job, {
      condition: 'deadline',
      status: 'expired',
      attemptEnd: unpaidEnd('abandoned', LOST_WORKER),
      error: expiredError(job),
    });
    if (outcome.status === 'fenced') return false;
    const provider = providerOf(job);
    const ticket = ticketId(job.id, job.turn);
    if (job.lane === 'batch') await deps.lanePool.withdraw(provider, [ticket]);
    else await placement.handOn(provider, await backlog.withdraw(provider, ticket));
    return true;
  };

  const checkQueued = async (job: JobRecord): Promise<SweepAction> => {
    const ticket = ticketId(job.id, job.turn);
    const provider = providerOf(job);
    const place = await backlog.place(provider, ticket);
    if (place.status !== 'absent' || (await queues.has(provider, job.tier, ticket))) return 'none';
    await placement.place(job);
    return 'queued';
  };

  /** A running job whose ticket BullMQ no longer holds will not be started again by anybody else. */
  const checkRunning = async (job: JobRecord): Promise<SweepAction> => {
    if (await queues.has(providerOf(job), job.tier, ticketId(job.id, job.turn))) return 'none';
    return requeueLost(job, deps);
  };

  const check = async (id: string, nowMs: number): Promise<SweepAction> => {
    const job = codec.decode(await redis.hgetall(keys.job(id)));
    if (!job) {
      // Its submission was lost between its entries and its record; entries of open jobs count against a tenant's cap.
      const tenants = await redis.smembers(keys.tenants);
      await Promise.all(tenants.map((tenant) => redis.zrem(keys.index(tenant, 'open'), id)));
      await redis.zrem(keys.open(id), id);
      return 'forgotten';
    }
    await redis.zadd(keys.open(id), 'XX', nowMs, id);
    const pending = (await redis.llen(keys.outbox(id))) > 0;
    if (pending || isTerminal(job.status)) await outbox.flush(id);
    if (isTerminal(job.status)) return 'flushed';
    if (nowMs >= job.deadlineMs) return (await expire(job)) ? 'expired' : 'none';
    if (job.owner === 'collecting') return lane.checkCollecting(job);
    if (job.owner === 'provider_batch') return lane.checkInBatch(job);
    return job.status === 'queued' ? checkQueued(job) : checkRunning(job);
  };

  const tryCheck = async (id: string, nowMs: number): Promise<SweepAction> => {
    try {
      return await check(id, nowMs);
    } catch (error) {
      deps.onError(error, { jobId: id });
      return 'failed';
    }
  };

  return {
    /** Looks at jobs that nobody looked at for `olderThanMs`, at most `limit` of each shard; counts what it did. */
    async sweep({
      olderThanMs,
      limit,
    }: {
      olderThanMs: number;
      limit: number;
    }): Promise<Record<SweepAction, number>> {
      const counts: Record<SweepAction, number> = {
        none: 0,
        forgotten: 0,
        flushed: 0,
        expired: 0,
        queued: 0,
        recovered: 0,
        failed: 0,
      };
      const nowMs = await serverTimeMs(redis);
      for (const shard of keys.openShards) {
        const ids = await redis.zrangebyscore(shard, '-inf', nowMs - olderThanMs, 'LIMIT', 0, limit);
        for (const id of ids) counts[await tryCheck(id, nowMs)] += 1;
      }
      return counts;
    },

    /** Ends jobs whose deadline has passed while they were queued or in a batch; returns how many. */
    async expireOverdue(): Promise<number> {
      let expired = 0;
      for (const provider of await redis.smembers(keys.providers)) {
        for (const ticket of await backlog.overdue(provider, OVERDUE_BATCH)) {
          const job = codec.decode(await redis.hgetall(keys.job(parseTicketId(ticket).jobId)));
          const gone = !job || isTerminal(job.status) || ticketId(job.id, job.turn) !== ticket;
          if (gone) await placement.handOn(provider, await backlog.withdraw(provider, ticket));
          else if (await expire(job)) expired += 1;
        }
        expired += await lane.expireOverdue(provider, { limit: OVERDUE_BATCH, expire });
      }
      return expired;
    },
  };
}

export type Sweeper = ReturnType<typeof createSweeper>;

export function expiredError(job: Pick<JobRecord, 'attempts'>) {
  return {
    code: 'expired' as const,
    message: 'The deadline passed before the job was finished.',
    param: null,
    doc_url: '/docs/errors#expired',
    last_error: job.attempts.findLast((attempt) => attempt.error !== null)?.error ?? null,
  };
}
