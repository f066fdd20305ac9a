import type { AttemptError } from '@sluice/contracts';
import {
  isRetired,
  type ConfiguredKey,
  type ProviderKeys,
  type RetiredKey,
  type RetiredKeys,
} from '@sluice/broker';
import type { ProviderAdapter } from '@sluice/providers';

export interface PoolKey extends ConfiguredKey {
  /** Makes the calls of this key. */
  adapter: ProviderAdapter;
}

/** The keys of one provider in this process. `close` is idempotent. */
export interface KeyPool {
  /** Those that calls may be made with now. Each time another one is first, so that equal keys share the calls. */
  usable(): readonly PoolKey[];
  /** Undefined when the configuration has it no more. */
  get(name: string): PoolKey | undefined;
  all(): readonly PoolKey[];
  /**
   * Takes a key out of use that the provider refused, here at once and then everywhere. Other errors change nothing;
   * null is a success.
   */
  judge(key: PoolKey, error: AttemptError | null): void;
  /** Makes a call with a key, whose connections stay open for it also when the configuration changes meanwhile. */
  withKey<Value>(key: PoolKey, call: (adapter: ProviderAdapter) => Promise<Value>): Promise<Value>;
  /** Why none of these keys is usable, in words. */
  describeOutage(keys: readonly PoolKey[]): string;
  /** What all processes know. */
  adopt(retired: RetiredKeys): void;
  /** Another configuration: a key with another value gets a fresh start. */
  replace(keys: readonly ConfiguredKey[], options: { pauseMs: number; isSole: boolean }): void;
  close(): Promise<void>;
}

export interface KeyPoolOptions {
  provider: string;
  keys: readonly ConfiguredKey[];
  /**
   * The key is not one of a pool: nothing could take its place, so a refusal is told but it stays in use until an
   * administrator takes it out.
   */
  isSole: boolean;
  /** How long a refused key rests. */
  pauseMs: number;
  openAdapter: (key: ConfiguredKey) => ProviderAdapter;
  retire: ProviderKeys['retire'];
  activate: ProviderKeys['activate'];
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  /** A key was in use until now; heard of in the process alone whose call was refused. */
  onRetired: (retired: { provider: string; key: string; reason: string; message: string }) => void;
  /** How many keys may be used, whenever that may have changed. */
  onUsable: (usable: number) => void;
  onError: (error: unknown) => void;
}

export function createKeyPool(options: KeyPoolOptions): KeyPool {
  const { provider, nowMs } = options;
  let { pauseMs, isSole } = options;
  let keys: readonly PoolKey[] = options.keys.map(open);
  let known: RetiredKeys = {};
  /** Retired here, and not stored yet. */
  const pending = new Map<string, RetiredKey>();
  const closing = new Set<Promise<void>>();
  const callsOf = new Map<ProviderAdapter, number>();
  /** Of keys that are no more, to be closed after their last call. */
  const leaving = new Set<ProviderAdapter>();
  let turn = 0;

  function open(key: ConfiguredKey): PoolKey {
    return { ...key, adapter: options.openAdapter(key) };
  }

  const retirementOf = ({ name, fingerprint }: PoolKey): RetiredKey | undefined =>
    [pending.get(name), known[name]].find((one) => isRetired(one, { fingerprint, nowMs: nowMs() }));
  const isOut = (key: PoolKey): boolean => {
    const retirement = retirementOf(key);
    return retirement !== undefined && !(isSole && retirement.reason !== 'manual');
  };
  const inUse = (): readonly PoolKey[] => keys.filter((key) => !isOut(key));
  const tellUsable = (): void => options.onUsable(inUse().length);

  function retire(key: PoolKey, reason: 'auth' | 'billing', message: string): void {
    const { name, fingerprint } = key;
    const now = nowMs();
    const retired = { fingerprint, retired_at_ms: now, until_ms: now + pauseMs, reason, message };
    pending.set(name, retired);
    known = { ...known, [name]: retired };
    tellUsable();
    options
      .retire(provider, { name, fingerprint, pauseMs, reason, message })
      .then((isNew) => {
        if (isNew) options.onRetired({ provider, key: name, reason, message });
      }, options.onError)
      .finally(() => {
        if (pending.get(name) === retired) pending.delete(name);
      });
  }

  function mended({ name }: PoolKey): void {
    if (!isSole || !known[name] || known[name].reason === 'manual' || pending.has(name)) return;
    known = {};
    options.activate(provider, name).catch(options.onError);
  }

  function letGo(adapter: ProviderAdapter): void {
    leaving.delete(adapter);
    const closed = adapter
      .close()
      .catch(options.onError)
      .finally(() => closing.delete(closed));
    closing.add(closed);
  }

  tellUsable();
  return {
    usable() {
      const list = inUse();
      if (list.length < 2) return list;
      turn = (turn + 1) % list.length;
      return [...list.slice(turn), ...list.slice(0, turn)];
    },
    get: (name) => keys.find((key) => key.name === name),
    all: () => keys,
    judge(key, error) {
      if (error === null) return mended(key);
      const { code, message } = error;
      if (code !== 'auth' && code !== 'billing') return;
      if (keys.includes(key) && !retirementOf(key)) retire(key, code, message);
    },
    async withKey({ adapter }, call) {
      callsOf.set(adapter, (callsOf.get(adapter) ?? 0) + 1);
      try {
        return await call(adapter);
      } finally {
        const left = (callsOf.get(adapter) ?? 1) - 1;
        if (left > 0) callsOf.set(adapter, left);
        else callsOf.delete(adapter);
        if (left === 0 && leaving.has(adapter)) letGo(adapter);
      }
    },
    describeOutage(meant) {
      const reasons = meant.map((key) => `${key.name}: ${retirementOf(key)?.message ?? 'in use'}`);
      const which = meant.length === keys.length ? 'Every key' : 'Every key that this job may use';
      return `${which} of ${provider} is out of use (${reasons.join('; ')}).`;
    },
    adopt(retired) {
      known = retired;
      tellUsable();
    },
    replace(next, changed) {
      ({ pauseMs, isSole } = changed);
      const before = keys;
      keys = next.map((key) => {
        const same = before.find(
          ({ name, fingerprint }) => name === key.name && fingerprint === key.fingerprint,
        );
        return same ? { ...key, adapter: same.adapter } : open(key);
      });
      const kept = new Set(keys.map(({ adapter }) => adapter));
      for (const { adapter } of before) if (!kept.has(adapter)) leaving.add(adapter);
      for (const adapter of leaving) if (!callsOf.has(adapter)) letGo(adapter);
      tellUsable();
    },
    async close() {
      for (const adapter of [...leaving, ...keys.map((key) => key.adapter)]) letGo(adapter);
      keys = [];
      await Promise.all(closing);
    },
  };
}
