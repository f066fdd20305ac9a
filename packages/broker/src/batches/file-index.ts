import type { FilePurpose } from '@sluice/contracts';
import type { Keys } from '../keys.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';

const scripts = {
  pin: readScript('file-pin'),
  unpin: readScript('file-unpin'),
  drop: readScript('file-drop'),
};

/** What is known of a stored file; its content is in the file store under the same id. */
export interface FileRecord {
  id: string;
  tenant: string;
  filename: string;
  purpose: FilePurpose;
  bytes: number;
  createdAtMs: number;
  expiresAtMs: number;
}

/** Content whose record never came is removed after so long. */
const UNFINISHED_MS = 86_400_000;

export type DropFileOutcome =
  /** The content may go now. */
  | { status: 'dropped' }
  /** A batch reads it; it is gone for its tenant, and its content goes later. */
  | { status: 'pinned' }
  | { status: 'not_found' };

/** Which files there are, whose they are and when they go. */
export function createFileIndex({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  const read = async (id: string): Promise<FileRecord | null> => {
    const [record, deleted] = await redis.hmget(keys.file(id), 'record', 'deleted');
    return record && !deleted ? (JSON.parse(record) as FileRecord) : null;
  };

  return {
    /** Before content is written, so that content without a record is found and removed some day. */
    async announce(id: string): Promise<void> {
      await redis.zadd(keys.fileExpiry, 'NX', Date.now() + UNFINISHED_MS, id);
    },
    /** After the content is stored. Idempotent. */
    async add(file: FileRecord): Promise<void> {
      await redis.hset(keys.file(file.id), 'tenant', file.tenant, 'record', JSON.stringify(file));
      await redis.zadd(keys.fileExpiry, file.expiresAtMs, file.id);
      await redis.zadd(keys.fileIndex(file.tenant), file.createdAtMs, file.id);
    },
    /** Null when there is none for that tenant. */
    async get(id: string, tenant: string): Promise<FileRecord | null> {
      const file = await read(id);
      return file?.tenant === tenant && file.expiresAtMs > Date.now() ? file : null;
    },
    /** Null: `after` names no file. Filters look at a bounded number of files. */
    async list({
      tenant,
      limit,
      after,
      purpose,
      oldestFirst = false,
    }: {
      tenant: string;
      limit: number;
      after?: string | undefined;
      purpose?: string | undefined;
      oldestFirst?: boolean;
    }): Promise<{ files: FileRecord[]; hasMore: boolean } | null> {
      const index = keys.fileIndex(tenant);
      let start = 0;
      if (after !== undefined) {
        const rank = await (oldestFirst ? redis.zrank(index, after) : redis.zrevrank(index, after));
        if (rank === null) return null;
        start = rank + 1;
      }
      const files: FileRecord[] = [];
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const ids = await (oldestFirst
          ? redis.zrange(index, String(start), String(start + PAGE - 1))
          : redis.zrevrange(index, start, start + PAGE - 1));
        const found = await Promise.all(ids.map(read));
        for (const file of found) {
          if (!file || (purpose !== undefined && file.purpose !== purpose)) continue;
          if (files.length === limit) return { files, hasMore: true };
          files.push(file);
        }
        if (ids.length < PAGE) break;
        start += PAGE;
      }
      return { files, hasMore: false };
    },
    /** Keeps the content for a batch, until then at most, whatever becomes of the file. False: there is no such file. */
    async pin(
      id: string,
      { tenant, batchId, untilMs }: { tenant: string; batchId: string; untilMs: number },
    ): Promise<boolean> {
      const args = [tenant, untilMs, batchId];
      return (await runScript(redis, scripts.pin, [keys.file(id)], args)) === 'pinned';
    },
    /** The batch needs it no more. `dropped`: the file was deleted, and its content may go now. Idempotent. */
    async unpin(id: string, batchId: string): Promise<'dropped' | 'kept'> {
      return (await runScript(redis, scripts.unpin, [keys.file(id)], [batchId])) as 'dropped' | 'kept';
    },
    /** Deletes a file of a tenant. */
    async drop(id: string, tenant: string): Promise<DropFileOutcome> {
      const outcome = await dropWhenFree(id, tenant);
      if (outcome.status !== 'not_found') await redis.zrem(keys.fileIndex(tenant), id);
      return outcome;
    },
    /** Files whose time has come. */
    due: (limit: number): Promise<string[]> =>
      redis.zrangebyscore(keys.fileExpiry, '-inf', Date.now(), 'LIMIT', 0, limit),
    /** As `drop`, for a file whose time has come. `not_found`: there is content at most. */
    async expire(id: string): Promise<DropFileOutcome> {
      const tenant = await redis.hget(keys.file(id), 'tenant');
      const outcome = await dropWhenFree(id, '');
      if (tenant) await redis.zrem(keys.fileIndex(tenant), id);
      return outcome;
    },
    /** After the content is gone. */
    async forget(id: string): Promise<void> {
      await redis.zrem(keys.fileExpiry, id);
    },
  };

  async function dropWhenFree(id: string, tenant: string): Promise<DropFileOutcome> {
    const reply = await runScript(redis, scripts.drop, [keys.file(id)], [tenant]);
    const [outcome, untilMs] = reply as ['dropped' | 'pinned' | 'gone', string?];
    if (outcome === 'pinned') await redis.zadd(keys.fileExpiry, untilMs as string, id);
    return { status: outcome === 'gone' ? 'not_found' : outcome };
  }
}

const PAGE = 100;
const MAX_PAGES = 10;

export type FileIndex = ReturnType<typeof createFileIndex>;
