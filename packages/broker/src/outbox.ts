import { Redis } from 'ioredis';
import type { Job, JobStatus } from '@sluice/contracts';
import type { BatchLineEntry } from './batches/batch-line-entry.ts';
import type { SettleLine } from './batches/settle-line.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord, JobWebhook } from './job-record.ts';
import type { Keys } from './keys.ts';
import { presentJob } from './present-job.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { scriptCommand, sendAtOnce, type Command } from './send-at-once.ts';

const flushedScript = readScript('flushed');

/** A webhook that a job's event caused. */
export interface WebhookDue {
  job: Job;
  tenant: string;
  /** Where the job itself wants this event; null: only its tenant's endpoints may. */
  webhook: JobWebhook | null;
  batchId: string | null;
  /** Ids only. */
  thin: boolean;
  type: string;
  seq: number;
  atMs: number;
}

/** An end that was written by an earlier release has no type. */
type OutboxEntry =
  | { kind: 'ended'; type?: string; seq: number; at_ms: number }
  | { kind: 'webhook'; type: string; seq: number; at_ms: number }
  | BatchLineEntry;

/** Something that was taken for a job and is settled by its last record. Must be idempotent by job. */
export interface Settlement {
  appliesTo(job: OutboxJob): boolean;
  settle(job: JobRecord): Promise<void>;
}

/** Everything a flush needs to know of a job when no webhook is due. */
export type OutboxJob = Pick<JobRecord, 'id' | 'tenant' | 'keyId' | 'createdAtMs' | 'options'>;

/**
 * Carries out the effects that a script wrote beside the state change that caused them. Every effect may be
 * carried out again: the entry is removed only afterwards, and the sweeper flushes what a lost process left.
 */
export function createOutbox({
  redis,
  keys,
  codec,
  settlements,
  baseUrl,
  isWebhookWanted,
  deliverWebhook,
  settleLine,
}: {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  /** What is settled when a job has ended. */
  settlements: readonly Settlement[];
  /** Where receivers of webhooks reach the API. */
  baseUrl: string;
  /** Whether endpoints of the tenant want events of this type; answers from memory, but for once a second at most. */
  isWebhookWanted: (tenant: string, type: string) => Promise<boolean>;
  /** Must be idempotent by job and sequence number. */
  deliverWebhook: (due: WebhookDue) => Promise<void>;
  /** Counts the job in its batch; idempotent. */
  settleLine: SettleLine;
}) {
  const load = async (id: string): Promise<JobRecord | null> =>
    codec.decode(await redis.hgetall(keys.job(id)));

  /** Carries out entries that the caller has just read; `status` is the job's terminal status, if it has ended. */
  const carryOut = async (job: OutboxJob, status: JobStatus, lines: readonly string[]): Promise<void> => {
    const entries = lines.map((line) => JSON.parse(line) as OutboxEntry);
    const due = settlements.filter((settlement) => settlement.appliesTo(job));
    const ended = entries.find((entry) => entry.kind === 'ended');
    // The end is told once: with the entry that the job's own webhook caused, or with that of the end itself.
    const isToldAlready = entries.some((entry) => entry.kind === 'webhook' && entry.seq === ended?.seq);
    const isEndWanted =
      ended?.type !== undefined && !isToldAlready && (await isWebhookWanted(job.tenant, ended.type));
    const needsRecord = due.length > 0 || isEndWanted || entries.some((entry) => entry.kind === 'webhook');
    const record = needsRecord ? await load(job.id) : null;
    const tell = async (of: JobRecord, type: string, seq: number, atMs: number): Promise<void> => {
      const { webhook, webhookThin: thin = false } = of.options;
      await deliverWebhook({
        job: presentJob(of, { baseUrl, place: null }),
        tenant: of.tenant,
        webhook: webhook?.events.includes(type) ? webhook : null,
        batchId: of.batchId,
        thin,
        type,
        seq,
        atMs,
      });
    };
    for (const entry of entries) {
      if (entry.kind === 'batch_line') {
        await settleLine(entry, status);
      } else if (record && entry.kind === 'webhook') {
        await tell(record, entry.type, entry.seq, entry.at_ms);
      } else if (record && entry.kind === 'ended') {
        await Promise.all(due.map((settlement) => settlement.settle(record)));
        if (isEndWanted && entry.type !== undefined) await tell(record, entry.type, entry.seq, entry.at_ms);
      }
    }
    const moved: Command[] = [
      ['zadd', keys.index(job.tenant, status), job.createdAtMs, job.id],
      ['zrem', keys.index(job.tenant, 'open'), job.id],
    ];
    const effects = entries.some(({ kind }) => kind === 'ended') ? moved : [];
    const jobKeys = [keys.job(job.id), keys.events(job.id), keys.outbox(job.id), keys.tombstone(job.id)];
    const done = await inTurn(effects, { keys: jobKeys, lines });
    if (done === 1) await redis.zrem(keys.open(job.id), job.id);
  };

  /** The entries are removed after their effects: in one write where one server carries out what it is sent in order. */
  const inTurn = async (
    effects: readonly Command[],
    flushed: { keys: readonly string[]; lines: readonly string[] },
  ): Promise<unknown> => {
    if (redis instanceof Redis) {
      const command = scriptCommand(flushedScript, flushed.keys, flushed.lines);
      const done = (await sendAtOnce(redis, [...effects, command])).at(-1);
      if (done !== null) return done;
    } else {
      for (const [name, ...args] of effects) await redis.call(name, ...args);
    }
    return runScript(redis, flushedScript, flushed.keys, flushed.lines);
  };

  return {
    carryOut,
    /** Reads and carries out whatever a job's outbox holds. */
    async flush(id: string): Promise<void> {
      // The entries first: the record that is read after them has the status that they speak of.
      const lines = await redis.lrange(keys.outbox(id), 0, -1);
      const job = await load(id);
      if (job) await carryOut(job, job.status, lines);
    },
  };
}

export type Outbox = ReturnType<typeof createOutbox>;
