import type { LimitOverride, LimitPatch } from '@sluice/contracts';
import type { Redis } from 'ioredis';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

export type LimitOverrides = Readonly<Record<string, LimitOverride>>;

/** Limits that administrators set over `sluice.yaml`, by provider: one hash of `<provider>/<limit>`. */
export function createLimitOverrides({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  const read = async (): Promise<LimitOverrides> => {
    const overrides: Record<string, Record<string, unknown>> = {};
    for (const [field, value] of Object.entries(await redis.hgetall(keys.limitOverrides))) {
      const slash = field.indexOf('/');
      const provider = (overrides[field.slice(0, slash)] ??= {});
      provider[field.slice(slash + 1)] = JSON.parse(value);
    }
    return overrides as LimitOverrides;
  };

  return {
    read,
    /** Sets what is given, takes back what is null, and tells every process. Answers what is now set. */
    async patch(provider: string, limits: LimitPatch): Promise<LimitOverride> {
      const set = Object.entries(limits).filter(([, value]) => value !== null && value !== undefined);
      const removed = Object.entries(limits).filter(([, value]) => value === null);
      const change = redis.multi();
      for (const [name, value] of set)
        change.hset(keys.limitOverrides, `${provider}/${name}`, JSON.stringify(value));
      for (const [name] of removed) change.hdel(keys.limitOverrides, `${provider}/${name}`);
      if (set.length + removed.length > 0) await change.exec();
      await redis.publish(keys.control, JSON.stringify({ type: 'limits', provider }));
      return (await read())[provider] ?? {};
    },
  };
}

const READ_AGAIN_MS = 15_000;

/**
 * Keeps a process informed: reads the overrides when one is changed, when the connection comes back, and every 15 s,
 * because messages may be lost. The subscriber must be subscribed to the control channel; it is borrowed. The
 * returned function ends it.
 */
export function followLimitOverrides(
  subscriber: Redis,
  {
    read,
    onOverrides,
    onError,
  }: {
    read: () => Promise<LimitOverrides>;
    onOverrides: (overrides: LimitOverrides) => void;
    onError: (error: unknown) => void;
  },
): () => void {
  let known = '';
  const readAgain = (): void => {
    read().then((overrides) => {
      const text = JSON.stringify(overrides);
      if (text === known) return;
      known = text;
      onOverrides(overrides);
    }, onError);
  };
  const onMessage = (_channel: string, text: string): void => {
    if ((JSON.parse(text) as { type?: string }).type === 'limits') readAgain();
  };
  subscriber.on('message', onMessage);
  subscriber.on('ready', readAgain);
  const timer = setInterval(readAgain, READ_AGAIN_MS);
  readAgain();
  return () => {
    clearInterval(timer);
    subscriber.off('message', onMessage);
    subscriber.off('ready', readAgain);
  };
}
