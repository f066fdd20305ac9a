import { parseTarget, type Target } from '@sluice/contracts';
import { ticketId } from '../backlog.ts';
import type { JobRecord } from '../job-record.ts';
import type { Keys } from '../keys.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';
import { poolName } from './pool-name.ts';

const scripts = { add: readScript('lane/add'), withdraw: readScript('lane/withdraw') };

/** A job that waits for a provider's batch. */
export interface PoolTicket {
  ticket: string;
  /** See {@link poolName}. */
  pool: string;
  deadlineMs: number;
  /** Of its request, as UTF-8. */
  bytes: number;
  tokens: number;
}

/** A rendered line is longer than the canonical request: names, custom id, URL. */
const BYTES_AROUND = 512;

/** What the pool has to know of a job at its current turn and target. */
export function toPoolTicket(
  job: Pick<
    JobRecord,
    'id' | 'turn' | 'chain' | 'targetIndex' | 'deadlineMs' | 'estimatedTokens' | 'request' | 'options'
  >,
): PoolTicket {
  return {
    ticket: ticketId(job.id, job.turn),
    pool: poolName({
      model: parseTarget(job.chain[job.targetIndex] as Target)?.model ?? '',
      isOnly: job.options.lane === 'batch',
    }),
    deadlineMs: job.deadlineMs,
    bytes: BYTES_AROUND + Buffer.byteLength(JSON.stringify(job.request)),
    tokens: Math.max(1, Math.round(job.estimatedTokens)),
  };
}

/** Jobs of the batch lane that wait for a batch, or are lines of one. Each method is one command or script. */
export function createLanePool({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  return {
    /** Idempotent by ticket id. */
    async add(provider: string, { ticket, pool, deadlineMs, bytes, tokens }: PoolTicket): Promise<void> {
      await runScript(redis, scripts.add, [keys.lane(provider)], [ticket, pool, deadlineMs, bytes, tokens]);
    },

    /** Takes tickets out that wait; lines of a run stay, and are no longer told as overdue. */
    async withdraw(provider: string, tickets: readonly string[]): Promise<void> {
      if (tickets.length > 0) await runScript(redis, scripts.withdraw, [keys.lane(provider)], tickets);
    },

    /** Where a ticket is: waiting, a line of a run, or not here. */
    async place(provider: string, ticket: string): Promise<{ run: string | null } | null> {
      const row = await redis.hget(`${keys.lane(provider)}:meta`, ticket);
      if (row === null) return null;
      return { run: row.split('|')[4] || null };
    },

    /** Tickets whose deadline has passed, at most `limit`. */
    async overdue(provider: string, { limit, nowMs }: { limit: number; nowMs: number }): Promise<string[]> {
      return redis.zrangebyscore(`${keys.lane(provider)}:due`, '-inf', nowMs, 'LIMIT', 0, limit);
    },
  };
}

export type LanePool = ReturnType<typeof createLanePool>;
