import type { EgressClient } from '@sluice/egress';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { Cluster, Redis } from 'ioredis';
import { createCarryOut } from './carry-out-delivery.ts';
import { createLanes, LEASE_MS, type CircuitOptions, type TakenDelivery } from './create-lanes.ts';
import { createWebhookEndpoints } from './create-webhook-endpoints.ts';
import type { Delivery, DeliveryAttempt, EndedDelivery } from './delivery.ts';
import type { RedisClient } from './redis-script.ts';
import { repairDeliveries, type RepairOptions, type RepairReport } from './repair-deliveries.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';
import { createWebhookKeys } from './webhook-keys.ts';

/** What may change while deliveries go on. */
export interface DeliverySettings {
  /** The wait after each attempt; N waits make N + 1 attempts. */
  retryScheduleMs: readonly number[];
  /** @defaultValue 15,000 */
  timeoutMs?: number;
  /** To one endpoint, or to one host of URLs that came with jobs. @defaultValue 8 */
  laneConcurrency?: number;
  /** @defaultValue 10 failures, 5 s to 5 minutes */
  circuit?: CircuitOptions;
  /** Nothing but failures for so long disables an endpoint. @defaultValue 5 days */
  disableAfterMs?: number;
}

export interface WebhookDelivererOptions extends DeliverySettings {
  redis: RedisClient;
  /** Duplicated for the blocking wait; the copy is closed with the deliverer. */
  connection: Redis | Cluster;
  prefix: string;
  egress: Pick<EgressClient, 'post'>;
  /** Opens bodies and secrets. @defaultValue they are stored as they are */
  vault?: Vault;
  /**
   * Attempts under way at once in this process; at most half of them to receivers that are not known to work,
   * and a quarter to those that fail.
   * @defaultValue 128
   */
  concurrency?: number;
  /**
   * How long a delivery is kept after its end.
   * @defaultValue 7 days
   */
  recordTtlMs?: number;
  /** Called once, or more often after a crash; a rejection has it called again. */
  onDelivered?: (delivery: EndedDelivery) => Promise<void> | void;
  /** As `onDelivered`, for a delivery that was given up. */
  onFailed?: (delivery: EndedDelivery) => Promise<void> | void;
  /** For logs and metrics. */
  onAttempt?: (delivery: Delivery, attempt: DeliveryAttempt) => void;
  /** As `onDelivered`: an endpoint was disabled because it is gone, or failed for too long. */
  onEndpointDisabled?: (endpoint: WebhookEndpoint) => Promise<void> | void;
  /** A lane is left alone for a while after failures in a row. */
  onLaneRests?: (lane: string, restMs: number) => void;
  /** Errors of Redis, and of the callbacks. */
  onError?: (error: unknown) => void;
  /** Spreads the retries; in [0, 1). */
  random?: () => number;
}

export interface WebhookDeliverer {
  /** What these say holds from the next attempt on; a delivery that waits keeps the time that it waits for. */
  reconfigure(settings: DeliverySettings): void;
  /** To be called every few seconds; see `repair-deliveries.ts`. */
  repairDeliveries(options?: RepairOptions): Promise<RepairReport>;
  /** Takes no more deliveries and waits for the attempts under way, at most `timeoutMs`. Idempotent. */
  close(): Promise<void>;
}

const TAKE_AT_ONCE = 32;
const ERROR_PAUSE_MS = 500;
/** Also what a lost bell costs at most. */
const MAX_WAIT_MS = 1_000;

/** Delivers webhooks from their lanes until closed. Borrows the connections and the egress client. */
export function createWebhookDeliverer(options: WebhookDelivererOptions): WebhookDeliverer {
  const { redis, prefix, vault = PLAIN_VAULT, concurrency = 128, onError = () => {} } = options;
  const keys = createWebhookKeys(prefix);
  let settings: DeliverySettings = options;
  const lanes = createLanes({
    redis,
    keys,
    limits: () => ({ concurrency: settings.laneConcurrency, circuit: settings.circuit }),
  });
  const carryOut = createCarryOut({
    redis,
    keys,
    lanes,
    endpoints: createWebhookEndpoints({ redis, prefix, vault }),
    vault,
    egress: options.egress,
    settings: () => ({
      retryScheduleMs: settings.retryScheduleMs,
      timeoutMs: settings.timeoutMs ?? 15_000,
      disableAfterMs: settings.disableAfterMs ?? 5 * 86_400_000,
    }),
    recordTtlMs: options.recordTtlMs ?? 7 * 86_400_000,
    random: options.random ?? Math.random,
    onAttempt: options.onAttempt ?? (() => {}),
    onEnded: (delivery) =>
      delivery.status === 'delivered' ? options.onDelivered?.(delivery) : options.onFailed?.(delivery),
    onEndpointDisabled: options.onEndpointDisabled ?? (() => {}),
    onLaneRests: options.onLaneRests ?? (() => {}),
  });
  const bell = (options.connection as Redis).duplicate();
  bell.on('error', onError);
  const running = new Map<TakenDelivery, Promise<void>>();
  const closing = new AbortController();
  let wake = (): void => {};
  let ringing: Promise<void> | null = null;
  /** The bell rang since the last look: what it told of may have come after that. */
  let rang = false;

  const start = (taken: TakenDelivery): void => {
    const done = carryOut(taken)
      .catch(onError)
      .finally(() => {
        running.delete(taken);
        wake();
      });
    running.set(taken, done);
  };

  /** Until there may be something to take: a bell, the time of the next delivery, or a place that is free again. */
  const waitForWork = async (pauseMs: number): Promise<void> => {
    if (rang) return;
    const timeoutMs = Math.min(pauseMs, MAX_WAIT_MS);
    ringing ??= lanes.waitForBell(bell, timeoutMs).finally(() => {
      ringing = null;
      rang = true;
    });
    const freed = Promise.withResolvers<void>();
    const timer = setTimeout(freed.resolve, timeoutMs);
    wake = freed.resolve;
    await Promise.race([ringing, freed.promise]).finally(() => clearTimeout(timer));
  };

  const nextRound = async (): Promise<void> => {
    const free = concurrency - running.size;
    if (free <= 0) {
      await Promise.race(running.values());
      return;
    }
    const standings = [...running.keys()].map(({ standing }) => standing);
    const failing = standings.filter((each) => each === 'failing').length;
    const unproven = standings.filter((each) => each !== 'proven').length;
    rang = false;
    const { taken, pauseMs } = await lanes.take({
      limit: Math.min(free, TAKE_AT_ONCE),
      unproven: Math.max(0, Math.ceil(concurrency / 2) - unproven),
      failing: Math.max(0, Math.ceil(concurrency / 4) - failing),
    });
    taken.forEach(start);
    if (taken.length === 0) await waitForWork(Math.max(10, pauseMs));
  };

  const loop = (async () => {
    while (!closing.signal.aborted) {
      try {
        await nextRound();
      } catch (error) {
        if (closing.signal.aborted) return;
        onError(error);
        const pause = Promise.withResolvers<void>();
        const timer = setTimeout(pause.resolve, ERROR_PAUSE_MS);
        wake = pause.resolve;
        await pause.promise;
        clearTimeout(timer);
      }
    }
  })();
  const renewal = setInterval(() => void lanes.renew([...running.keys()]).catch(onError), LEASE_MS / 3);

  let ended: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    closing.abort();
    wake();
    bell.disconnect();
    // Without Redis there is nothing to wait for: what an attempt brings can't be stored.
    if (redis.status === 'ready') {
      await loop;
      await Promise.all(running.values());
    }
    clearInterval(renewal);
  };
  return {
    reconfigure(next) {
      settings = next;
    },
    repairDeliveries: (repair) => repairDeliveries({ redis, keys, lanes }, repair),
    close: () => (ended ??= close()),
  };
}
