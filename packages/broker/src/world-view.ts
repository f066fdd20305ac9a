import { formatTarget, parseTarget, type Config, type Target } from '@sluice/contracts';
import type { TargetState, World } from '@sluice/core';
import type { Backlog } from './backlog.ts';
import type { Budgets } from './budgets.ts';
import { describeTarget, modelsOf, type ProviderFacts } from './describe-target.ts';
import type { Keys } from './keys.ts';
import { readHealth, readLatencies } from './read-health.ts';
import { readLimiterStatus } from './read-limiter-status.ts';
import type { RedisClient } from './script.ts';
import { targetBudgets } from './target-budgets.ts';

/** The router's snapshot of the world, as this process read it last. */
export interface WorldView {
  /** Never waits. Empty, so everything healthy and free, before the first read and after {@link FORGOTTEN_MS} without one. */
  world(): World;
  /** Idempotent. */
  close(): void;
}

export interface WorldViewOptions {
  /** Borrowed; may throw while there is none. */
  open: () => {
    redis: RedisClient;
    backlog: Pick<Backlog, 'depth'>;
    budgets: Pick<Budgets, 'of' | 'recentStatus' | 'isEmpty'>;
  };
  keys: Keys;
  config: () => Config;
  /** Targets to describe beside those of which something was measured. */
  knownTargets: () => readonly Target[];
  onError: (error: unknown) => void;
}

const REFRESH_MS = 250;
/** Latencies are histograms of minutes: they change slowly and cost most to read. */
const LATENCIES_EVERY = 4;
const FORGOTTEN_MS = 10_000;

/** Reads every provider's health, limits and backlog four times a second, one go for each provider. */
export function openWorldView(options: WorldViewOptions): WorldView {
  const { keys } = options;
  const minutes = new Map<string, Map<number, Record<string, string>>>();
  const latencies = new Map<string, ProviderFacts['latencies']>();
  let targets: Readonly<Partial<Record<Target, TargetState>>> = {};
  let readAt = -Infinity;
  let readFromMs = -Infinity;
  let offsetMs = Date.now() - performance.now();
  let round = 0;
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const readProvider = async (provider: string): Promise<ProviderFacts> => {
    const { redis, backlog } = options.open();
    const nowMs = offsetMs + performance.now();
    const { breaker } = options.config();
    const withLatencies = round % LATENCIES_EVERY === 0 || !latencies.has(provider);
    const cache = minutes.get(provider) ?? new Map<number, Record<string, string>>();
    minutes.set(provider, cache);
    const [health, depth, limiter, samples] = await Promise.all([
      readHealth(redis, { keys, provider, nowMs, windowMs: breaker.window }),
      backlog.depth(provider),
      readLimiterStatus(redis, { keys, provider }),
      withLatencies ? readLatencies(redis, { keys, provider, nowMs, cache }) : null,
    ]);
    if (samples) latencies.set(provider, samples);
    return { health, depth, limiter, latencies: latencies.get(provider) ?? [] };
  };

  const read = async (): Promise<void> => {
    const { redis, budgets } = options.open();
    const beganAt = performance.now();
    const config = options.config();
    const [seconds, micros] = await redis.time();
    offsetMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - performance.now();
    const names = Object.keys(config.providers);
    const facts = await Promise.all(names.map(async (name) => [name, await readProvider(name)] as const));
    round += 1;
    const described = describeAll(new Map(facts), {
      known: options.knownTargets(),
      nowMs: offsetMs + performance.now(),
      config: config.breaker,
    });
    for (const [target, budget] of await targetBudgets(Object.keys(described) as Target[], budgets)) {
      described[target] = { ...described[target], budget };
    }
    targets = described;
    readFromMs = beganAt;
    readAt = performance.now();
  };
  const refresh = (): void => {
    void read()
      .catch(options.onError)
      .finally(() => {
        if (!closed) timer = setTimeout(refresh, REFRESH_MS);
      });
  };
  refresh();

  return {
    world: () => ({
      nowMs: Math.round(offsetMs + performance.now()),
      readFromMs,
      targets: performance.now() - readAt > FORGOTTEN_MS ? {} : targets,
    }),
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
    },
  };
}

function describeAll(
  facts: ReadonlyMap<string, ProviderFacts>,
  { known, nowMs, config }: { known: readonly Target[]; nowMs: number; config: Config['breaker'] },
): Partial<Record<Target, TargetState>> {
  const models = new Map(Array.from(facts, ([provider, of]) => [provider, modelsOf(of)] as const));
  for (const target of known) {
    const parts = parseTarget(target);
    if (parts) models.get(parts.provider)?.add(parts.model);
  }
  return Object.fromEntries(
    Array.from(models, ([provider, names]) =>
      Array.from(names, (model) => [
        formatTarget({ provider, model }),
        describeTarget(model, facts.get(provider) as ProviderFacts, { nowMs, config }),
      ]),
    ).flat(),
  );
}
