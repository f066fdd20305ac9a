import type { RedisClient } from './script.ts';

export interface AuditEntry {
  /** The operation's id in the OpenAPI document. */
  action: string;
  /** `key_…`, or `admin`. */
  keyId: string;
  tenant: string;
  /** What was changed: the path's parameters. */
  target: string | null;
  /** The body, without secrets, shortened; null for none. */
  details: string | null;
  status: number;
  requestId: string;
  address: string;
}

export interface StoredAuditEntry extends AuditEntry {
  id: string;
  atMs: number;
}

export interface AuditLog {
  append(entry: AuditEntry): Promise<void>;
  /** Newest first; `after` is the last id of the page before. Null: it is no id of this log. */
  list(page: {
    limit: number;
    after?: string | undefined;
  }): Promise<{ entries: StoredAuditEntry[]; hasMore: boolean } | null>;
}

const KEPT = 10_000;
const MAX_DETAILS = 2_000;
const ID_PATTERN = /^aud_(\d{1,15})-(\d{1,10})$/;

/** What administrators changed: a Redis stream of about the last 10,000 actions, with Redis' clock. */
export function createAuditLog({ redis, prefix }: { redis: RedisClient; prefix: string }): AuditLog {
  const key = `${prefix}:audit`;
  return {
    async append(entry) {
      const json = JSON.stringify({ ...entry, details: entry.details?.slice(0, MAX_DETAILS) ?? null });
      await redis.xadd(key, 'MAXLEN', '~', KEPT, '*', 'entry', json);
    },
    async list({ limit, after }) {
      const from = after === undefined ? null : ID_PATTERN.exec(after);
      if (after !== undefined && !from) return null;
      const end = from ? `(${from[1]}-${from[2]}` : '+';
      const rows = await redis.xrevrange(key, end, '-', 'COUNT', limit + 1);
      const entries = rows.slice(0, limit).map(([id, [, json = '{}']]) => ({
        ...(JSON.parse(json) as AuditEntry),
        id: `aud_${id}`,
        atMs: Number(id.split('-', 1)[0]),
      }));
      return { entries, hasMore: rows.length > limit };
    },
  };
}
