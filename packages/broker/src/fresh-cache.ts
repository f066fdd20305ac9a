/**
 * Remembers what `load` answered for at most `maxAgeMs`. An entry that is used in the second half of its life is
 * loaded again beside the answer, so that one in steady use is never waited for. `null` is remembered too.
 */
export interface FreshCache<Value> {
  /** Rejects when it has to load and `load` rejects. */
  get(id: string): Promise<Value | null>;
  /** The next `get` loads. */
  forget(id: string): void;
}

interface Entry<Value> {
  value: Value | null;
  /** When its loading began: what it holds is as old as that. */
  askedAtMs: number;
  refreshing: boolean;
}

export function createFreshCache<Value>({
  load,
  maxAgeMs,
  maxEntries,
  now,
}: {
  load: (id: string) => Promise<Value | null>;
  maxAgeMs: number;
  maxEntries: number;
  now: () => number;
}): FreshCache<Value> {
  const entries = new Map<string, Entry<Value>>();

  const ask = async (id: string): Promise<Value | null> => {
    const askedAtMs = now();
    const value = await load(id);
    entries.delete(id);
    if (entries.size >= maxEntries) entries.delete(entries.keys().next().value as string);
    entries.set(id, { value, askedAtMs, refreshing: false });
    return value;
  };

  const refresh = (id: string, entry: Entry<Value>): void => {
    entry.refreshing = true;
    ask(id).catch(() => {
      entry.refreshing = false;
    });
  };

  return {
    async get(id) {
      const entry = entries.get(id);
      const ageMs = entry ? now() - entry.askedAtMs : Infinity;
      if (!entry || ageMs >= maxAgeMs) return ask(id);
      if (ageMs >= maxAgeMs / 2 && !entry.refreshing) refresh(id, entry);
      return entry.value;
    },
    forget: (id) => void entries.delete(id),
  };
}
