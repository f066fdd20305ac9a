import { parseTarget, type Target } from '@sluice/contracts';
import { ticketId, parseTicketId, type Backlog, type Released, type WaitingTicket } from './backlog.ts';
import type { FirstTurn } from './first-turn.ts';
import { toPoolTicket, type LanePool } from './batch-lane/lane-pool.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import type { TicketQueues } from './ticket-queues.ts';

const reticketScript = readScript('reticket');

const NOTHING_RELEASED: Released = { tickets: [], lost: [], nextDueMs: null };

/** The provider at which a job waits or runs. */
export function providerOf(job: Pick<JobRecord, 'chain' | 'targetIndex'>): string {
  return parseTarget(job.chain[job.targetIndex] as Target)?.provider ?? '';
}

/**
 * Puts jobs into their provider's backlog and hands on to BullMQ what the release stage lets go.
 * A crash between any two steps leaves a job that the release stage (lost tickets) or the sweeper queues again.
 */
export function createPlacement({
  redis,
  keys,
  codec,
  backlog,
  queues,
  lanePool,
}: {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  backlog: Backlog;
  queues: TicketQueues;
  lanePool: LanePool;
}) {
  /** Adds released tickets to BullMQ and queues lost ones under a new turn. `known` is carried by its ticket. */
  const handOn = async (
    provider: string,
    released: Released,
    known?: { ticket: string; firstTurn: FirstTurn | null },
  ): Promise<void> => {
    if (released.tickets.length > 0) {
      const tickets = released.tickets.map((ready) =>
        known?.firstTurn && ready.ticket === known.ticket ? { ...ready, firstTurn: known.firstTurn } : ready,
      );
      await queues.add(provider, tickets);
    }
    for (const ticket of released.lost) await requeueLost(parseTicketId(ticket));
  };

  const requeueLost = async ({ jobId, turn }: { jobId: string; turn: number }): Promise<void> => {
    const newTurn = Number(await runScript(redis, reticketScript, [keys.job(jobId)], [turn]));
    if (newTurn === 0) return;
    const job = codec.decode(await redis.hgetall(keys.job(jobId)));
    if (job && job.turn === newTurn) await place(job);
  };

  /** Queues a job at its current turn and target, in its lane. Idempotent. */
  const place = async (job: JobRecord): Promise<void> => {
    await handOn(providerOf(job), await enqueue(job));
  };

  const enqueue = async (job: LanedJob): Promise<Released> => {
    if (job.lane !== 'batch') return backlog.enqueue(providerOf(job), toWaiting(job));
    await lanePool.add(providerOf(job), toPoolTicket(job));
    return NOTHING_RELEASED;
  };

  return {
    handOn,
    requeueLost,
    place,
    enqueue,
    /** `enqueue` as a command, for other lanes than batch, to be sent with others. */
    enqueuing: (job: PlacedJob) => backlog.enqueuing(providerOf(job), toWaiting(job)),
  };
}

type PlacedJob = Pick<
  JobRecord,
  'id' | 'turn' | 'tier' | 'tenant' | 'deadlineMs' | 'estimatedTokens' | 'readyAtMs' | 'chain' | 'targetIndex'
>;

type LanedJob = PlacedJob & Pick<JobRecord, 'lane' | 'options' | 'request'>;

function toWaiting(job: PlacedJob): WaitingTicket {
  return {
    ticket: ticketId(job.id, job.turn),
    tier: job.tier,
    tenant: job.tenant,
    deadlineMs: job.deadlineMs,
    cost: job.estimatedTokens,
    readyAtMs: job.readyAtMs,
    model: parseTarget(job.chain[job.targetIndex] as Target)?.model ?? '',
  };
}

export type Placement = ReturnType<typeof createPlacement>;
