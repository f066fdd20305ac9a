import { readRedisScript, type RedisClient } from './redis-script.ts';
import type { WebhookKeys } from './webhook-keys.ts';

export interface CircuitOptions {
  /** Failures in a row after which a lane rests. */
  failures: number;
  /** The first rest; it doubles until a delivery arrives. */
  pauseMs: number;
  maxPauseMs: number;
}

export interface LaneLimits {
  /** Of lanes that are not configured. @defaultValue 8 */
  concurrency?: number | undefined;
  /** @defaultValue 10 failures, 5 s to 5 minutes */
  circuit?: CircuitOptions | undefined;
}

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_CIRCUIT: CircuitOptions = { failures: 10, pauseMs: 5_000, maxPauseMs: 300_000 };

export interface TakenDelivery {
  lane: string;
  id: string;
  /** `unproven`: its lane has delivered nothing yet. `failing`: nor has it since it failed, or three times in a row. */
  standing: 'proven' | 'unproven' | 'failing';
}

export interface Lanes {
  /** Puts a delivery into its lane; does nothing when it is there or under way. */
  add(delivery: {
    lane: string;
    id: string;
    /** @defaultValue at once */
    dueAtMs?: number;
    /** Also when it waits for a later time. */
    sooner?: boolean;
  }): Promise<void>;
  /** Deliveries to carry out now, and how long there is nothing else. */
  take(options: {
    limit: number;
    /** Of lanes that are not proven, and of those how many of failing ones. */
    unproven: number;
    failing: number;
  }): Promise<{ taken: TakenDelivery[]; pauseMs: number }>;
  /** Gives the place back. Answers how long the lane rests from now on; 0: it does not. */
  release(delivery: {
    lane: string;
    id: string;
    /** `none`: no attempt was made. */
    outcome: 'arrived' | 'failed' | 'none';
    /** Null: it has ended. */
    nextAttemptAtMs: number | null;
  }): Promise<number>;
  renew(deliveries: readonly Pick<TakenDelivery, 'lane' | 'id'>[]): Promise<void>;
  forget(delivery: { lane: string; id: string }): Promise<void>;
  /** Whether its lane has it, waiting or under way. */
  holds(delivery: { lane: string; id: string }): Promise<boolean>;
  /** What a lane may do, when it is not the usual; concurrency 0: the usual. */
  configure(lane: string, limits: { concurrency: number; perSecond: number | null } | null): Promise<void>;
  /** Waits until something is due, at most `timeoutMs`, over a connection that nobody else uses meanwhile. */
  waitForBell(connection: RedisClient, timeoutMs: number): Promise<void>;
}

/** How long a place is held without being renewed: a killed process' deliveries go on after it. */
export const LEASE_MS = 12_000;

const scripts = {
  add: readRedisScript('lane-add'),
  take: readRedisScript('lane-take'),
  release: readRedisScript('lane-release'),
  renew: readRedisScript('lane-renew'),
  forget: readRedisScript('lane-forget'),
};

/**
 * Deliveries that wait, one lane for each endpoint or host. Each lane has a concurrency, a rate and a rest after
 * failures of its own, and lanes are served in turn: what one receiver does is felt by no other.
 */
export function createLanes({
  redis,
  keys,
  limits = () => ({}),
}: {
  redis: RedisClient;
  keys: WebhookKeys;
  /** Asked each time. @defaultValue the usual ones */
  limits?: () => LaneLimits;
}): Lanes {
  const stem = keys.lanes;
  return {
    async add({ lane, id, dueAtMs = 0, sooner = false }) {
      await scripts.add(redis, stem, [lane, id, Math.ceil(dueAtMs), sooner ? '1' : '0']);
    },
    async take({ limit, unproven, failing }) {
      const { concurrency = DEFAULT_CONCURRENCY, circuit = DEFAULT_CIRCUIT } = limits();
      const args = [limit, unproven, LEASE_MS, concurrency, circuit.failures, failing];
      const [pauseMs, ...flat] = (await scripts.take(redis, stem, args)) as [number, ...string[]];
      const taken: TakenDelivery[] = [];
      for (let i = 0; i < flat.length; i += 3) {
        const [lane, id, standing] = flat.slice(i, i + 3) as [string, string, TakenDelivery['standing']];
        taken.push({ lane, id, standing });
      }
      return { taken, pauseMs };
    },
    async release({ lane, id, outcome, nextAttemptAtMs }) {
      const { failures, pauseMs, maxPauseMs } = limits().circuit ?? DEFAULT_CIRCUIT;
      const next = nextAttemptAtMs === null ? '' : Math.ceil(nextAttemptAtMs);
      return Number(
        await scripts.release(redis, stem, [lane, id, outcome, next, failures, pauseMs, maxPauseMs]),
      );
    },
    async renew(deliveries) {
      if (deliveries.length === 0) return;
      await scripts.renew(redis, stem, [LEASE_MS, ...deliveries.flatMap(({ lane, id }) => [lane, id])]);
    },
    async forget({ lane, id }) {
      await scripts.forget(redis, stem, [lane, id]);
    },
    async holds({ lane, id }) {
      const [due, busy] = await Promise.all([
        redis.zscore(`${stem}:due:${lane}`, id),
        redis.zscore(`${stem}:busy:${lane}`, id),
      ]);
      return due !== null || busy !== null;
    },
    async configure(lane, own) {
      if (!own) await redis.hdel(`${stem}:conf`, lane);
      else await redis.hset(`${stem}:conf`, lane, `${own.concurrency}|${own.perSecond ?? 0}`);
    },
    async waitForBell(connection, timeoutMs) {
      await connection.blpop(`${stem}:bell`, Math.max(0.01, timeoutMs / 1_000));
    },
  };
}
