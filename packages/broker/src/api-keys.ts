import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';

/** What a key may do. Kept with each key; only `admin` is checked so far. */
export const API_KEY_SCOPES = [
  'jobs:write',
  'jobs:read',
  'batches',
  'webhooks',
  'usage:read',
  'admin',
] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

/** A key as it is stored: its digest, never the key. Lenient towards fields of later releases. */
const storedKeySchema = z.object({
  v: z.literal(1),
  id: z.string(),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  /** SHA-256 of the whole key, hex. */
  digest: z.string(),
  /** `whsec_…`: signs the webhooks of jobs that bring no secret of their own. */
  webhookSecret: z.string(),
});

export type ApiKey = Omit<z.infer<typeof storedKeySchema>, 'v' | 'digest'> & { revokedAtMs: number | null };

export type VerifyKeyOutcome =
  | { status: 'ok'; key: ApiKey }
  | { status: 'unknown' }
  | { status: 'expired' }
  | { status: 'revoked' };

export interface NewApiKey {
  name: string;
  tenant: string;
  scopes: readonly ApiKeyScope[];
  expiresAtMs: number | null;
}

/**
 * API keys in Redis, one hash each at `<prefix>:apikey:{<id>}`, and their ids by age at `<prefix>:apikeys`.
 * Every method rejects with the connection's error when Redis is away.
 */
export interface ApiKeyStore {
  /** The only time that the key itself is seen. */
  create(key: NewApiKey): Promise<{ key: string; record: ApiKey }>;
  /**
   * Checks a key as a caller sent it. Answers may be up to 5 s old, so a revoked key works that long in
   * processes that have just seen it.
   */
  verify(text: string): Promise<VerifyKeyOutcome>;
  get(id: string): Promise<ApiKey | null>;
  /** Newest first. Null: `after` names no key. */
  list(page: {
    limit: number;
    after?: string | undefined;
  }): Promise<{ keys: ApiKey[]; hasMore: boolean } | null>;
  /** Idempotent; null when there is none. The first revocation's time stays. */
  revoke(id: string): Promise<ApiKey | null>;
}

/** `sk_sluice_<id>_<secret>`: 16 hex digits to look it up by, 64 to prove it. */
const KEY_PATTERN = /^sk_sluice_([0-9a-f]{16})_([0-9a-f]{64})$/;
const ID_PATTERN = /^key_([0-9a-f]{16})$/;
const CACHE_MS = 5_000;
const MAX_CACHED_KEYS = 10_000;

export function createApiKeyStore({
  redis,
  prefix,
  now = Date.now,
}: {
  /** Borrowed. */
  redis: Redis;
  prefix: string;
  now?: () => number;
}): ApiKeyStore {
  const cache = new Map<string, { stored: StoredKey | null; untilMs: number }>();
  const indexKey = `${prefix}:apikeys`;
  const hashKey = (shortId: string): string => `${prefix}:apikey:{${shortId}}`;

  async function load(shortId: string): Promise<StoredKey | null> {
    const fields = await redis.hgetall(hashKey(shortId));
    if (fields['record'] === undefined) return null;
    const { digest, v: _version, ...key } = storedKeySchema.parse(JSON.parse(fields['record']));
    return {
      digest,
      key: { ...key, revokedAtMs: fields['revoked_at_ms'] ? Number(fields['revoked_at_ms']) : null },
    };
  }

  async function loadCached(shortId: string): Promise<StoredKey | null> {
    const cached = cache.get(shortId);
    if (cached && cached.untilMs > now()) return cached.stored;
    const stored = await load(shortId);
    cache.delete(shortId);
    if (cache.size >= MAX_CACHED_KEYS) cache.delete(cache.keys().next().value as string);
    cache.set(shortId, { stored, untilMs: now() + CACHE_MS });
    return stored;
  }

  return {
    async create({ name, tenant, scopes, expiresAtMs }) {
      const shortId = randomBytes(8).toString('hex');
      const key = `sk_sluice_${shortId}_${randomBytes(32).toString('hex')}`;
      const record = {
        id: `key_${shortId}`,
        name,
        tenant,
        scopes: [...scopes],
        createdAtMs: now(),
        expiresAtMs,
        webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
      };
      // The index first: a key that is listed but missing is skipped, one that works unseen would be worse.
      await redis.zadd(indexKey, record.createdAtMs, shortId);
      await redis.hset(
        hashKey(shortId),
        'record',
        JSON.stringify({ v: 1, ...record, digest: sha256(key).toString('hex') }),
      );
      return { key, record: { ...record, revokedAtMs: null } };
    },

    async verify(text) {
      const shortId = KEY_PATTERN.exec(text)?.[1];
      if (shortId === undefined) return { status: 'unknown' };
      const stored = await loadCached(shortId);
      if (!stored || !timingSafeEqual(sha256(text), Buffer.from(stored.digest, 'hex')))
        return { status: 'unknown' };
      if (stored.key.revokedAtMs !== null) return { status: 'revoked' };
      if (stored.key.expiresAtMs !== null && stored.key.expiresAtMs <= now()) return { status: 'expired' };
      return { status: 'ok', key: stored.key };
    },

    async get(id) {
      const shortId = ID_PATTERN.exec(id)?.[1];
      return shortId === undefined ? null : ((await load(shortId))?.key ?? null);
    },

    async list({ limit, after }) {
      let start = 0;
      if (after !== undefined) {
        const rank = await redis.zrevrank(indexKey, ID_PATTERN.exec(after)?.[1] ?? '');
        if (rank === null) return null;
        start = rank + 1;
      }
      const ids = await redis.zrevrange(indexKey, start, start + limit);
      const loaded = await Promise.all(ids.slice(0, limit).map(load));
      return { keys: loaded.flatMap((stored) => (stored ? [stored.key] : [])), hasMore: ids.length > limit };
    },

    async revoke(id) {
      const shortId = ID_PATTERN.exec(id)?.[1];
      if (shortId === undefined || !(await load(shortId))) return null;
      await redis.hsetnx(hashKey(shortId), 'revoked_at_ms', String(now()));
      cache.delete(shortId);
      return (await load(shortId))?.key ?? null;
    },
  };
}

interface StoredKey {
  digest: string;
  key: ApiKey;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
