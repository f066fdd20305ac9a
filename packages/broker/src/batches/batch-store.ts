import {
  BATCH_STATUSES,
  batchStatesBefore,
  isEndedBatch,
  type BatchError,
  type BatchEventType,
  type BatchStatus,
} from '@sluice/contracts';
import type { ReadEventsOutcome } from '../broker.ts';
import type { Keys } from '../keys.ts';
import { readEvents } from '../read-events.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';
import type { Vault } from '@sluice/vault';
import { flushBatchOutbox, type BatchWebhookDue } from './batch-outbox.ts';
import type { BatchDialect, BatchRecord, NewBatch } from './batch-record.ts';
import { batchKeys, settleLines, type SettledLine } from './settle-line.ts';
import { decodeBatch, encodeNewBatch } from './stored-batch.ts';

const scripts = {
  create: readScript('batch-create'),
  claim: readScript('batch-claim'),
  advance: readScript('batch-advance'),
  queued: readScript('batch-queued'),
  move: readScript('batch-move'),
  tell: readScript('batch-tell'),
};

const OPEN_STATUSES = BATCH_STATUSES.filter((status) => !isEndedBatch(status));
/** How long a batch is kept after its end: as long as its files are by default. */
const KEPT_MS = 30 * 86_400_000;
/** How long the same body of the same key counts as sent again when the client says that it is. */
const RECENT_MS = 10 * 60_000;

export type CreateBatchOutcome =
  | { status: 'created'; batch: BatchRecord }
  /** The same id with the same body: the batch that exists. */
  | { status: 'duplicate'; batch: BatchRecord }
  | { status: 'conflict' };

export type ListBatchesOutcome =
  | { status: 'ok'; batches: readonly BatchRecord[]; hasMore: boolean }
  | { status: 'unknown_cursor' };

/** What a move changes beside the status. */
export interface BatchChanges {
  total?: number;
  model?: string | null;
  errors?: readonly BatchError[];
  outputFileId?: string | null;
  errorFileId?: string | null;
}

const EVENT_OF: Readonly<Partial<Record<BatchStatus, BatchEventType>>> = {
  in_progress: 'batch.in_progress',
  completed: 'batch.completed',
  failed: 'batch.failed',
  expired: 'batch.expired',
  cancelled: 'batch.cancelled',
};

/**
 * Batches in Redis. A batch's slot (`{batch id}`) holds its record, its events, its outbox and two bitmaps; the
 * `active` set tells who has to be looked at next, and when. Whoever moves a batch on holds its lease.
 */
export function createBatchStore({
  redis,
  keys,
  vault,
  baseUrl,
  deliverWebhook,
  confirmDurable,
}: {
  redis: RedisClient;
  keys: Keys;
  vault: Vault;
  baseUrl: string;
  /** Must be idempotent by batch and sequence number. */
  deliverWebhook: (due: BatchWebhookDue) => Promise<void>;
  confirmDurable: () => Promise<void>;
}) {
  const list = (dialect: BatchDialect): string => (dialect === 'openai' ? 'all' : dialect);
  const read = async (id: string): Promise<BatchRecord | null> =>
    decodeBatch(await redis.hgetall(keys.batch(id)), vault);
  const flush = (id: string): Promise<void> =>
    flushBatchOutbox({ redis, keys, vault, baseUrl, deliver: deliverWebhook }, id);

  const get = async (id: string, tenant: string): Promise<BatchRecord | null> => {
    const batch = await read(id);
    return batch?.tenant === tenant ? batch : null;
  };

  return {
    /** Of whatever tenant; for who moves batches on. */
    read,
    get,
    flush,

    /** Stores a batch; resolved means stored, and somebody will move it on. */
    async create(batch: NewBatch, bodyHash: string): Promise<CreateBatchOutcome> {
      // Before the record, so that a crash from here on leaves something to find.
      await redis.zadd(keys.activeBatches, 'NX', Date.now(), batch.id);
      const args = [bodyHash, ...encodeNewBatch(batch, vault)];
      const outcome = await runScript(redis, scripts.create, [keys.batch(batch.id)], args);
      if (outcome === 'conflict') return { status: 'conflict' };
      await redis.zadd(keys.batchIndex(batch.tenant, list(batch.dialect)), batch.createdAtMs, batch.id);
      await confirmDurable();
      const stored = (await read(batch.id)) as BatchRecord;
      return { status: outcome as 'created' | 'duplicate', batch: stored };
    },

    /** The id that a body was given a moment ago; null when it is new. */
    recentId: (digest: string): Promise<string | null> => redis.get(keys.recentBatch(digest)),
    /** Remembers which id a body is given, for the client that sends it again. */
    async rememberId(digest: string, id: string): Promise<void> {
      await redis.set(keys.recentBatch(digest), id, 'PX', RECENT_MS);
    },

    /** Newest first. */
    async list({
      tenant,
      dialect,
      limit,
      after,
      before,
    }: {
      tenant: string;
      dialect: BatchDialect;
      limit: number;
      after?: string | undefined;
      /** The page of newer ones that ends just before this one. */
      before?: string | undefined;
    }): Promise<ListBatchesOutcome> {
      const index = keys.batchIndex(tenant, list(dialect));
      let start = 0;
      let count = limit;
      const cursor = after ?? before;
      if (cursor !== undefined) {
        const rank = await redis.zrevrank(index, cursor);
        if (rank === null) return { status: 'unknown_cursor' };
        start = after === undefined ? Math.max(0, rank - limit) : rank + 1;
        if (after === undefined) count = rank - start;
      }
      const ids = count <= 0 ? [] : await redis.zrevrange(index, start, start + count);
      const page = ids.slice(0, count);
      const found = await Promise.all(page.map(read));
      const gone = page.filter((_id, at) => found[at] === null);
      if (gone.length > 0) await redis.zrem(index, ...gone);
      const hasMore = before === undefined || after !== undefined ? ids.length > count : start > 0;
      return { status: 'ok', batches: found.filter((batch) => batch !== null), hasMore };
    },

    /** Changes the status if the transition table allows it from where the batch stands. */
    async move(
      id: string,
      next: BatchStatus,
      changes: BatchChanges = {},
    ): Promise<'moved' | 'fenced' | 'gone'> {
      const args = [
        `,${batchStatesBefore(next).join(',')},`,
        next,
        EVENT_OF[next] ?? '',
        isEndedBatch(next) ? KEPT_MS : 0,
        ...encodeChanges(changes),
      ];
      const outcome = await runScript(redis, scripts.move, batchKeys(keys, id), args);
      if (outcome === 'moved') await flush(id);
      return outcome as 'moved' | 'fenced' | 'gone';
    },

    /** Takes or renews the lease. */
    async claim(id: string, owner: string, forMs: number): Promise<'held' | 'busy' | 'gone'> {
      return (await runScript(redis, scripts.claim, [keys.batch(id)], [owner, forMs])) as 'held';
    },
    async release(id: string, owner: string): Promise<void> {
      await runScript(redis, scripts.claim, [keys.batch(id)], [owner, 0]);
    },

    /** The status; null when the lease is somebody else's. */
    async advance(
      id: string,
      owner: string,
      at: { line: number; byte: number },
    ): Promise<BatchStatus | null> {
      const reply = await runScript(redis, scripts.advance, [keys.batch(id)], [owner, at.line, at.byte]);
      return (reply as BatchStatus | '') || null;
    },
    /** As `advance`, when all lines are queued or have ended. */
    async allQueued(id: string, owner: string): Promise<BatchStatus | null> {
      return (
        ((await runScript(redis, scripts.queued, [keys.batch(id)], [owner])) as BatchStatus | '') || null
      );
    },

    settle: (id: string, lines: readonly SettledLine[]): Promise<boolean> =>
      settleLines({ redis, keys }, id, lines),
    /** Sends progress that came too fast to be told. */
    async tell(id: string): Promise<void> {
      await runScript(redis, scripts.tell, batchKeys(keys, id), []);
      await flush(id);
    },

    /** Batches that are due to be looked at, the longest due first. */
    due: (nowMs: number, limit: number): Promise<string[]> =>
      redis.zrangebyscore(keys.activeBatches, '-inf', nowMs, 'LIMIT', 0, limit),
    async lookAgain(id: string, atMs: number): Promise<void> {
      await redis.zadd(keys.activeBatches, 'XX', atMs, id);
    },
    async lookNow(id: string): Promise<void> {
      await redis.zadd(keys.activeBatches, 0, id);
    },
    /** It has ended: nobody needs to look at it any more. */
    async retire(id: string): Promise<void> {
      await redis.zrem(keys.activeBatches, id);
    },

    /** Bitmap of the lines that have ended, or ended without an answer; bit 0 is line 1. */
    endedLines: (id: string): Promise<Buffer> => readBits(redis, keys.batchEnded(id)),
    unansweredLines: (id: string): Promise<Buffer> => readBits(redis, keys.batchUnanswered(id)),

    /** Keeps why no job was made of lines; they end as failed. */
    async refuse(id: string, refusals: readonly { line: number; refusal: object }[]): Promise<void> {
      const fields = refusals.flatMap(({ line, refusal }) => [String(line), JSON.stringify(refusal)]);
      await redis.hset(keys.batchRefused(id), ...fields);
      await redis.pexpire(keys.batchRefused(id), KEPT_MS);
    },
    async refusals(id: string, lines: readonly number[]): Promise<(string | null)[]> {
      return lines.length === 0 ? [] : redis.hmget(keys.batchRefused(id), ...lines.map(String));
    },

    readEvents(
      id: string,
      page: { tenant: string; after: number; limit: number },
    ): Promise<ReadEventsOutcome> {
      const slot = { record: keys.batch(id), events: keys.events(id), openStatuses: OPEN_STATUSES };
      return readEvents(redis, slot, page);
    },

    /** Removes a batch that has ended; its files stay. False when there is none, or it has not ended. */
    async remove(id: string, tenant: string): Promise<boolean> {
      const batch = await get(id, tenant);
      if (!batch || !isEndedBatch(batch.status)) return false;
      await redis.zrem(keys.batchIndex(tenant, list(batch.dialect)), id);
      for (const key of [...batchKeys(keys, id), keys.batchRefused(id)]) await redis.del(key);
      return true;
    },
  };
}

export type BatchStore = ReturnType<typeof createBatchStore>;

/** Whether a line's bit is set. */
export function hasLine(bits: Buffer, line: number): boolean {
  const bit = line - 1;
  return (((bits[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
}

async function readBits(redis: RedisClient, key: string): Promise<Buffer> {
  return (await redis.getBuffer(key)) ?? Buffer.alloc(0);
}

function encodeChanges({ total, model, errors, outputFileId, errorFileId }: BatchChanges): string[] {
  return [
    ...(total === undefined ? [] : ['total', String(total)]),
    ...(model ? ['model', model] : []),
    ...(errors === undefined ? [] : ['errors', JSON.stringify(errors)]),
    ...(outputFileId ? ['output_file', outputFileId] : []),
    ...(errorFileId ? ['error_file', errorFileId] : []),
  ];
}
