import { isTerminal } from '@sluice/contracts';
import { parseTicketId, ticketId } from '../backlog.ts';
import type { JobCodec } from '../job-codec.ts';
import type { JobRecord } from '../job-record.ts';
import type { Keys } from '../keys.ts';
import { providerOf, type Placement } from '../placement.ts';
import { requeueLost } from '../requeue-lost.ts';
import type { RedisClient } from '../script.ts';
import { serverTimeMs } from '../server-time-ms.ts';
import type { Transitions } from '../transitions.ts';
import type { LanePool } from './lane-pool.ts';
import type { LaneRuns } from './lane-runs.ts';

/** What the sweeper does with jobs whose owner is the batch lane: runs look after their own jobs, unless they are gone. */
export function createLaneSweep({
  redis,
  keys,
  codec,
  placement,
  lanePool,
  laneRuns,
  transitions,
}: {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  placement: Placement;
  lanePool: LanePool;
  laneRuns: LaneRuns;
  transitions: Transitions;
}) {
  return {
    async checkCollecting(job: JobRecord): Promise<'none' | 'queued'> {
      if ((await lanePool.place(providerOf(job), ticketId(job.id, job.turn))) !== null) return 'none';
      await placement.place(job);
      return 'queued';
    },

    async checkInBatch(job: JobRecord): Promise<'none' | 'recovered'> {
      const provider = providerOf(job);
      if (job.run !== null && (await laneRuns.read(provider, job.run)) !== null) return 'none';
      return requeueLost(job, { transitions, placement }, job.options.lane === 'batch' ? 'batch' : 'live');
    },

    /** How many were ended; what is left of those that ended otherwise is cleared away. */
    async expireOverdue(
      provider: string,
      { limit, expire }: { limit: number; expire: (job: JobRecord) => Promise<boolean> },
    ): Promise<number> {
      let expired = 0;
      const nowMs = await serverTimeMs(redis);
      for (const ticket of await lanePool.overdue(provider, { limit, nowMs })) {
        const job = codec.decode(await redis.hgetall(keys.job(parseTicketId(ticket).jobId)));
        const gone = !job || isTerminal(job.status) || ticketId(job.id, job.turn) !== ticket;
        if (gone) await lanePool.withdraw(provider, [ticket]);
        else if (await expire(job)) expired += 1;
      }
      return expired;
    },
  };
}
