import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { toMembers } from './stored-job.ts';

/** Why a key is not used: the provider refused it, or an administrator took it out. */
export type RetireReason = 'auth' | 'billing' | 'manual';

const retiredKeySchema = z.object({
  /** Of the value that was refused; empty: whatever the value is. */
  fingerprint: z.string(),
  retired_at_ms: z.number(),
  /** null: until it is activated, or its value is another. */
  until_ms: z.number().nullable(),
  reason: z.enum(['auth', 'billing', 'manual']),
  message: z.string(),
});
export type RetiredKey = z.infer<typeof retiredKeySchema>;
/** By the name of the key. */
export type RetiredKeys = Readonly<Record<string, RetiredKey>>;

/** Tells values of one key apart; the value can't be had from it, and is never stored. */
export function fingerprintOfKey({
  provider,
  name,
  value,
}: {
  provider: string;
  name: string;
  value: string;
}): string {
  const text = JSON.stringify([provider, name, value]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

/** Whether a retirement still holds for a key of this value. */
export function isRetired(
  retired: RetiredKey | undefined,
  { fingerprint, nowMs }: { fingerprint: string; nowMs: number },
): boolean {
  if (!retired || (retired.fingerprint !== '' && retired.fingerprint !== fingerprint)) return false;
  return retired.until_ms === null || retired.until_ms > nowMs;
}

const retireScript = readScript('retire-key');
const MAX_MESSAGE = 500;

/** Which keys of a provider are out of use, for all processes. */
export function createProviderKeys({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  const tell = (provider: string): Promise<unknown> =>
    redis.publish(keys.control, JSON.stringify({ type: 'provider_keys', provider }));

  return {
    /** Also of keys that are tried again by now: see {@link isRetired}. What can't be read is left out. */
    async read(provider: string): Promise<RetiredKeys> {
      const rows = Object.entries(await redis.hgetall(keys.retiredKeys(provider)));
      return Object.fromEntries(
        rows.flatMap(([name, text]) => {
          const parsed = retiredKeySchema.safeParse(JSON.parse(text));
          return parsed.success ? [[name, parsed.data] as const] : [];
        }),
      );
    },

    /** True when the key was in use until now. `pauseMs`: null for until it is activated. */
    async retire(
      provider: string,
      {
        name,
        fingerprint,
        pauseMs,
        reason,
        message,
      }: { name: string; fingerprint: string; pauseMs: number | null; reason: RetireReason; message: string },
    ): Promise<boolean> {
      const why = toMembers({ reason, message: message.slice(0, MAX_MESSAGE) });
      const args = [name, fingerprint, pauseMs === null ? '' : Math.ceil(pauseMs), why];
      const isNew = (await runScript(redis, retireScript, [keys.retiredKeys(provider)], args)) === 1;
      if (isNew) await tell(provider);
      return isNew;
    },

    /** Activating a key that is in use changes nothing. */
    async activate(provider: string, name: string): Promise<void> {
      await redis.hdel(keys.retiredKeys(provider), name);
      await tell(provider);
    },
  };
}

export type ProviderKeys = ReturnType<typeof createProviderKeys>;

const READ_AGAIN_MS = 15_000;

/**
 * Keeps a process informed of its providers' keys: reads them when one changes, when the connection comes back, and
 * every 15 s, because messages may be lost. The subscriber must be subscribed to the control channel; it is borrowed.
 * The returned function ends it.
 */
export function followProviderKeys(
  subscriber: Redis,
  {
    providers,
    read,
    onKeys,
    onError,
  }: {
    providers: readonly string[];
    read: ProviderKeys['read'];
    onKeys: (provider: string, retired: RetiredKeys) => void;
    onError: (error: unknown) => void;
  },
): () => void {
  const readOne = (provider: string): void => {
    read(provider).then((retired) => onKeys(provider, retired), onError);
  };
  const readAll = (): void => providers.forEach(readOne);
  const onMessage = (_channel: string, text: string): void => {
    const { type, provider = '' } = JSON.parse(text) as { type?: string; provider?: string };
    if (type === 'provider_keys' && providers.includes(provider)) readOne(provider);
  };
  subscriber.on('message', onMessage);
  subscriber.on('ready', readAll);
  const timer = setInterval(readAll, READ_AGAIN_MS);
  readAll();
  return () => {
    clearInterval(timer);
    subscriber.off('message', onMessage);
    subscriber.off('ready', readAll);
  };
}
