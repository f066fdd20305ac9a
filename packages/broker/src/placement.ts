import { parseTarget, type Target } from '@sluice/contracts';
import { ticketId, parseTicketId, type Backlog, type Released } from './backlog.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { decodeJob } from './stored-job.ts';
import type { TicketQueues } from './ticket-queues.ts';

const reticketScript = readScript('reticket');

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
  backlog,
  queues,
}: {
  redis: RedisClient;
  keys: Keys;
  backlog: Backlog;
  queues: TicketQueues;
}) {
  /** Adds released tickets to BullMQ and queues lost ones under a new turn. */
  const handOn = async (provider: string, released: Released): Promise<void> => {
    if (released.tickets.length > 0) await queues.add(provider, released.tickets);
    for (const ticket of released.lost) await requeueLost(parseTicketId(ticket));
  };

  const requeueLost = async ({ jobId, turn }: { jobId: string; turn: number }): Promise<void> => {
    const newTurn = Number(await runScript(redis, reticketScript, [keys.job(jobId)], [turn]));
    if (newTurn === 0) return;
    const job = decodeJob(await redis.hgetall(keys.job(jobId)));
    if (job && job.turn === newTurn) await place(job);
  };

  /** Queues a job at its current turn and target. Idempotent. */
  const place = async (job: JobRecord): Promise<void> => {
    await handOn(providerOf(job), await enqueue(job));
  };

  const enqueue = (
    job: Pick<
      JobRecord,
      | 'id'
      | 'turn'
      | 'tier'
      | 'tenant'
      | 'deadlineMs'
      | 'estimatedTokens'
      | 'readyAtMs'
      | 'chain'
      | 'targetIndex'
    >,
  ): Promise<Released> =>
    backlog.enqueue(providerOf(job), {
      ticket: ticketId(job.id, job.turn),
      tier: job.tier,
      tenant: job.tenant,
      deadlineMs: job.deadlineMs,
      cost: job.estimatedTokens,
      readyAtMs: job.readyAtMs,
      model: parseTarget(job.chain[job.targetIndex] as Target)?.model ?? '',
    });

  return { handOn, requeueLost, place, enqueue };
}

export type Placement = ReturnType<typeof createPlacement>;
