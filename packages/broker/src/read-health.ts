import type { Lane, Tier } from '@sluice/contracts';
import { WINDOW_BUCKETS } from '@sluice/core';
import type { Breaker, LatencyHistogram, RunningPace, TargetPace, WindowCount } from '@sluice/core';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';
import { decodeBreaker } from './stored-breaker.ts';

export interface LatencySample {
  lane: Lane;
  tier: Tier;
  model: string;
  firstToken: LatencyHistogram;
  total: LatencyHistogram;
}

/** What Redis knows of the health of a provider's models; maps by `<lane>|<model>`. */
export interface ProviderHealth {
  breakers: ReadonlyMap<string, Breaker>;
  /** Counted calls of the window. */
  windows: ReadonlyMap<string, WindowCount>;
  paces: ReadonlyMap<string, TargetPace>;
  /** What its status page reports; null: nothing, or it has none. */
  trouble: string | null;
}

const MINUTE_MS = 60_000;
const LATENCY_MINUTES = 5;

/** Reads at one go; one provider's keys have one hash tag. */
export async function readHealth(
  redis: RedisClient,
  { keys, provider, nowMs, windowMs }: { keys: Keys; provider: string; nowMs: number; windowMs: number },
): Promise<ProviderHealth> {
  const stem = keys.health(provider);
  const [breakers, windows, paces, trouble] = await Promise.all([
    redis.hgetall(`${stem}:breakers`),
    redis.hgetall(`${stem}:window`),
    redis.hgetall(`${stem}:pace`),
    redis.get(`${stem}:trouble`),
  ]);
  return {
    breakers: mapValues(breakers, decodeBreaker),
    windows: mapValues(windows, (text) => countWindow(text, { nowMs, windowMs })),
    paces: mapValues(paces, decodePace),
    trouble,
  };
}

/**
 * Latencies of the last minutes. A minute that is over changes no more, so it is read once and kept in `cache`,
 * which belongs to one provider.
 */
export async function readLatencies(
  redis: RedisClient,
  {
    keys,
    provider,
    nowMs,
    cache = new Map(),
  }: { keys: Keys; provider: string; nowMs: number; cache?: Map<number, Record<string, string>> },
): Promise<LatencySample[]> {
  const now = Math.floor(nowMs / MINUTE_MS);
  const minutes = Array.from({ length: LATENCY_MINUTES }, (_, ago) => now - ago);
  const counts = await Promise.all(
    minutes.map(async (minute) => {
      const kept = cache.get(minute);
      if (kept) return kept;
      const read = await redis.hgetall(`${keys.health(provider)}:latency:${minute}`);
      if (minute < now) cache.set(minute, read);
      return read;
    }),
  );
  for (const minute of cache.keys()) if (!minutes.includes(minute)) cache.delete(minute);
  return mergeLatencies(counts);
}

/** Fields are `<lane>|<tier>|f or t|<bucket>|<model>`. */
function mergeLatencies(counts: readonly Readonly<Record<string, string>>[]): LatencySample[] {
  const samples = new Map<string, LatencySample & Record<'firstToken' | 'total', Map<number, number>>>();
  for (const [field, count] of counts.flatMap((minute) => Object.entries(minute))) {
    const [lane, tier, kind, bucket, ...rest] = field.split('|');
    const model = rest.join('|');
    const id = `${lane}|${tier}|${model}`;
    const sample = samples.get(id) ?? {
      lane: lane as Lane,
      tier: tier as Tier,
      model,
      firstToken: new Map<number, number>(),
      total: new Map<number, number>(),
    };
    samples.set(id, sample);
    const histogram = kind === 'f' ? sample.firstToken : sample.total;
    histogram.set(Number(bucket), (histogram.get(Number(bucket)) ?? 0) + Number(count));
  }
  return Array.from(samples.values());
}

/** As `count_call()` of the scripts writes it: `bucket:calls:failures,…`. */
function countWindow(text: string, { nowMs, windowMs }: { nowMs: number; windowMs: number }): WindowCount {
  const bucket = Math.floor(nowMs / (windowMs / WINDOW_BUCKETS));
  let calls = 0;
  let failures = 0;
  for (const part of text.split(',')) {
    const [at, callsThen, failuresThen] = part.split(':').map(Number);
    if (at === undefined || at <= bucket - WINDOW_BUCKETS) continue;
    calls += callsThen ?? 0;
    failures += failuresThen ?? 0;
  }
  return { calls, failures };
}

/** As `count_pace()` of the scripts writes it. */
function decodePace(text: string): TargetPace {
  const [lastMs = 0, ...rest] = text.split('|').map(Number);
  const running = (at: number): RunningPace => ({
    calls: rest[at] ?? 0,
    baseline: rest[at + 1] ?? 0,
    latestCalls: rest[at + 2] ?? 0,
    latest: rest[at + 3] ?? 0,
  });
  return { lastMs, firstToken: running(0), token: running(4) };
}

function mapValues<Value>(
  stored: Readonly<Record<string, string>>,
  decode: (text: string) => Value,
): ReadonlyMap<string, Value> {
  return new Map(Object.entries(stored).map(([field, text]) => [field, decode(text)] as const));
}
