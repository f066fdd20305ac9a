import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { Redis } from 'ioredis';
import {
  apiKeyAllowSchema,
  apiKeyDefaultsSchema,
  apiKeyLimitsSchema,
  type ApiKeyAllow,
  type ApiKeyDefaults,
  type ApiKeyLimits,
  type ApiKeyScope,
} from '@sluice/contracts';
import { z } from 'zod';
import { createFreshCache } from './fresh-cache.ts';

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
  limits: apiKeyLimitsSchema.loose().nullish(),
  allow: apiKeyAllowSchema.loose().nullish(),
  defaults: apiKeyDefaultsSchema.loose().nullish(),
});

/** The digest of a key before its rotation, and until when that one still works. */
const previousSchema = z.object({ digest: z.string(), untilMs: z.number() });

export interface ApiKey {
  id: string;
  name: string;
  tenant: string;
  scopes: readonly string[];
  createdAtMs: number;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
  /** To the minute. */
  lastUsedAtMs: number | null;
  /** Until when the key before the last rotation works too. */
  previousUntilMs: number | null;
  webhookSecret: string;
  limits: ApiKeyLimits | null;
  allow: ApiKeyAllow | null;
  defaults: ApiKeyDefaults | null;
}

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
  limits?: ApiKeyLimits | null;
  allow?: ApiKeyAllow | null;
  defaults?: ApiKeyDefaults | null;
}

/**
 * API keys in Redis, one hash each at `<prefix>:apikey:{<id>}`, and their ids by age at `<prefix>:apikeys`.
 * Every method rejects with the connection's error when Redis is away.
 */
export interface ApiKeyStore {
  /** The only time that the key itself is seen. */
  create(key: NewApiKey): Promise<{ key: string; record: ApiKey }>;
  /**
   * Checks a key as a caller sent it. What is known of a key is at most 0.9 s old, so a revoked key works for less
   * than a second in processes that have just seen it.
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
  /**
   * A new secret under the same id, shown this once; the one before works for `overlapMs` more, one before that no
   * longer. Null when there is no such key, or it was revoked.
   */
  rotate(id: string, options: { overlapMs: number }): Promise<{ key: string; record: ApiKey } | null>;
  /** What a key may take and use, from within a second on; null when there is none. */
  change(id: string, changes: KeyChanges): Promise<ApiKey | null>;
}

/** A field that is not given stays. */
export type KeyChanges = Partial<Pick<NewApiKey, 'name' | 'scopes' | 'limits' | 'allow' | 'defaults'>>;

/** `sk_sluice_<id>_<secret>`: 16 hex digits to look it up by, 64 to prove it. */
const KEY_PATTERN = /^sk_sluice_([0-9a-f]{16})_([0-9a-f]{64})$/;
const ID_PATTERN = /^key_([0-9a-f]{16})$/;
/** Revocation is in force everywhere within a second. */
const MAX_AGE_MS = 900;
const MAX_CACHED_KEYS = 10_000;
const LAST_USED_EVERY_MS = 60_000;

export function createApiKeyStore({
  redis,
  prefix,
  vault = PLAIN_VAULT,
  now = Date.now,
}: {
  /** Borrowed. */
  redis: Redis;
  prefix: string;
  /** Seals webhook secrets. @defaultValue stored as they are */
  vault?: Vault;
  now?: () => number;
}): ApiKeyStore {
  const indexKey = `${prefix}:apikeys`;
  const hashKey = (shortId: string): string => `${prefix}:apikey:{${shortId}}`;
  const cache = createFreshCache({ load, maxAgeMs: MAX_AGE_MS, maxEntries: MAX_CACHED_KEYS, now });

  async function load(shortId: string): Promise<StoredKey | null> {
    const fields = await redis.hgetall(hashKey(shortId));
    if (fields['record'] === undefined) return null;
    const { digest, v: _version, ...record } = storedKeySchema.parse(JSON.parse(fields['record']));
    const previous = fields['previous'] ? previousSchema.parse(JSON.parse(fields['previous'])) : null;
    return {
      digest,
      previous,
      key: {
        ...record,
        webhookSecret: vault.open(record.webhookSecret, secretPlace(record)),
        revokedAtMs: numberField(fields['revoked_at_ms']),
        lastUsedAtMs: numberField(fields['last_used_at_ms']),
        previousUntilMs: previous?.untilMs ?? null,
        limits: (record.limits as ApiKeyLimits | undefined) ?? null,
        allow: (record.allow as ApiKeyAllow | undefined) ?? null,
        defaults: (record.defaults as ApiKeyDefaults | undefined) ?? null,
      },
    };
  }

  /** Of the keys that exist, by the id in the API; null for others. */
  const existing = async (id: string): Promise<{ shortId: string; stored: StoredKey } | null> => {
    const shortId = ID_PATTERN.exec(id)?.[1];
    if (shortId === undefined) return null;
    const stored = await load(shortId);
    return stored && { shortId, stored };
  };

  const store = async (
    shortId: string,
    record: StoredRecord,
    more: readonly string[] = [],
  ): Promise<void> => {
    const webhookSecret = vault.seal(record.webhookSecret, secretPlace(record));
    await redis.hset(hashKey(shortId), 'record', JSON.stringify({ ...record, webhookSecret }), ...more);
    cache.forget(shortId);
  };

  /** Not waited for, at most once a minute: it is only shown. */
  const noteUse = (shortId: string, stored: StoredKey): void => {
    const nowMs = now();
    if (nowMs - (stored.key.lastUsedAtMs ?? 0) < LAST_USED_EVERY_MS) return;
    stored.key.lastUsedAtMs = nowMs;
    redis.hset(hashKey(shortId), 'last_used_at_ms', String(nowMs)).catch(() => undefined);
  };

  return {
    async create({ name, tenant, scopes, expiresAtMs, limits = null, allow = null, defaults = null }) {
      const shortId = randomBytes(8).toString('hex');
      const key = newSecret(shortId);
      const record = {
        id: `key_${shortId}`,
        name,
        tenant,
        scopes: [...scopes],
        createdAtMs: now(),
        expiresAtMs,
        webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
        limits,
        allow,
        defaults,
      };
      // The index first: a key that is listed but missing is skipped, one that works unseen would be worse.
      await redis.zadd(indexKey, record.createdAtMs, shortId);
      await store(shortId, { v: 1, ...record, digest: sha256(key).toString('hex') });
      return { key, record: { ...record, revokedAtMs: null, lastUsedAtMs: null, previousUntilMs: null } };
    },

    async verify(text) {
      const shortId = KEY_PATTERN.exec(text)?.[1];
      if (shortId === undefined) return { status: 'unknown' };
      const stored = await cache.get(shortId);
      if (!stored || !proves(text, stored, now())) return { status: 'unknown' };
      if (stored.key.revokedAtMs !== null) return { status: 'revoked' };
      if (stored.key.expiresAtMs !== null && stored.key.expiresAtMs <= now()) return { status: 'expired' };
      noteUse(shortId, stored);
      return { status: 'ok', key: stored.key };
    },

    get: async (id) => (await existing(id))?.stored.key ?? null,

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
      const found = await existing(id);
      if (!found) return null;
      await redis.hsetnx(hashKey(found.shortId), 'revoked_at_ms', String(now()));
      cache.forget(found.shortId);
      return (await load(found.shortId))?.key ?? null;
    },

    async rotate(id, { overlapMs }) {
      const found = await existing(id);
      if (!found || found.stored.key.revokedAtMs !== null) return null;
      const { shortId, stored } = found;
      const key = newSecret(shortId);
      const previous = { digest: stored.digest, untilMs: now() + overlapMs };
      const record = { ...toRecord(stored), digest: sha256(key).toString('hex') };
      await store(shortId, record, ['previous', JSON.stringify(previous)]);
      return { key, record: { ...stored.key, previousUntilMs: previous.untilMs } };
    },

    async change(id, changes) {
      const found = await existing(id);
      if (!found) return null;
      await store(found.shortId, { ...toRecord(found.stored), ...changes } as StoredRecord);
      return { ...found.stored.key, ...changes };
    },
  };
}

type StoredRecord = z.infer<typeof storedKeySchema>;

interface StoredKey {
  digest: string;
  previous: z.infer<typeof previousSchema> | null;
  key: ApiKey;
}

function secretPlace({ id }: { id: string }): string {
  return `${id}/webhook_secret`;
}

function toRecord({ digest, key }: StoredKey): StoredRecord {
  const { revokedAtMs: _revoked, lastUsedAtMs: _used, previousUntilMs: _until, ...record } = key;
  return { v: 1, ...record, scopes: [...record.scopes], digest };
}

/** The key as it is, or as it was before a rotation whose overlap is not over. */
function proves(text: string, { digest, previous }: StoredKey, nowMs: number): boolean {
  const sent = sha256(text);
  if (timingSafeEqual(sent, Buffer.from(digest, 'hex'))) return true;
  return (
    previous !== null &&
    nowMs < previous.untilMs &&
    timingSafeEqual(sent, Buffer.from(previous.digest, 'hex'))
  );
}

function newSecret(shortId: string): string {
  return `sk_sluice_${shortId}_${randomBytes(32).toString('hex')}`;
}

function numberField(text: string | undefined): number | null {
  return text ? Number(text) : null;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
