import { TIERS, type Tier } from '@sluice/contracts';

export interface TierDepth {
  waiting: number;
  /** Expected tokens of what waits. */
  tokens: number;
  /** How long the one waits that came first. */
  oldestWaitMs: number;
  /** Until all that waits now has been started; null when no worker drains the tier or the pace is not known yet. */
  drainMs: number | null;
}

export interface BacklogDepth {
  waiting: Record<Tier, number>;
  tiers: Record<Tier, TierDepth>;
  delayed: number;
  ready: number;
  capacity: number;
  inflight: number;
  /** Live worker processes. */
  workers: number;
  /** Drained, or allowed while nothing was measured; 0 when nothing is known. */
  startsPerSecond: number;
  tokensPerSecond: number;
}

/** The reply of `depth.lua`. */
export function parseBacklogDepth(flat: readonly (string | number)[]): BacklogDepth {
  const counts = new Map<string, number>();
  for (let i = 0; i < flat.length; i += 2) counts.set(String(flat[i]), Number(flat[i + 1]));
  const of = (name: string): number => counts.get(name) ?? 0;
  const tier = (name: Tier): TierDepth => ({
    waiting: of(name),
    tokens: of(`${name}:cost`),
    oldestWaitMs: of(`${name}:oldest`),
    drainMs: of(`${name}:drain`) < 0 ? null : of(`${name}:drain`),
  });
  const byTier = <Value>(value: (name: Tier) => Value): Record<Tier, Value> =>
    Object.fromEntries(TIERS.map((name) => [name, value(name)])) as Record<Tier, Value>;
  return {
    waiting: byTier(of),
    tiers: byTier(tier),
    delayed: of('delayed'),
    ready: of('ready'),
    capacity: of('capacity'),
    inflight: of('inflight'),
    workers: of('workers'),
    startsPerSecond: of('rate') / 1_000,
    tokensPerSecond: of('token_rate') / 1_000,
  };
}
