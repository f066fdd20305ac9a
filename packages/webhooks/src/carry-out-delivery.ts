import { setTimeout as sleep } from 'node:timers/promises';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import {
  attemptDelivery,
  type AttemptDeps,
  type AttemptedDelivery,
  type Destination,
} from './attempt-delivery.ts';
import type { Lanes, TakenDelivery } from './create-lanes.ts';
import type { WebhookEndpoints } from './create-webhook-endpoints.ts';
import { DISABLED } from './create-webhook-publisher.ts';
import type { Delivery, DeliveryAttempt, EndedDelivery } from './delivery.ts';
import type { WebhookEndpoint } from './webhook-endpoint.ts';
import { readDelivery } from './read-delivery.ts';
import { redisNowMs } from './redis-now-ms.ts';
import { readRedisScript, type RedisClient } from './redis-script.ts';
import { encodeAttempts } from './stored-attempts.ts';
import type { WebhookKeys } from './webhook-keys.ts';

export interface CarryOutDeps extends Pick<AttemptDeps, 'egress' | 'random'> {
  /** Asked at each attempt. */
  settings: () => Pick<AttemptDeps, 'retryScheduleMs' | 'timeoutMs'> & { disableAfterMs: number };
  redis: RedisClient;
  keys: WebhookKeys;
  lanes: Lanes;
  endpoints: WebhookEndpoints;
  vault?: Vault;
  /** How long an ended delivery is kept. */
  recordTtlMs: number;
  onAttempt: (delivery: Delivery, attempt: DeliveryAttempt) => void;
  onEnded: (delivery: EndedDelivery) => Promise<void> | void;
  /** Called until it has resolved once. */
  onEndpointDisabled: (endpoint: WebhookEndpoint) => Promise<void> | void;
  onLaneRests: (lane: string, restMs: number) => void;
}

/** Pauses before settling is tried again: the receiver has seen the event, and forgetting that delivers it twice. */
const SETTLE_PAUSES_MS = [100, 400, 1_600];

type Route = { status: 'ok'; destination: Destination } | { status: 'failed'; error: string };

/**
 * Carries out a delivery that was taken from its lane: an attempt when it is due, else whatever is left to do for one
 * that has moved on. Rejects when Redis fails: its lease then lapses, and it is taken again.
 */
export function createCarryOut(deps: CarryOutDeps): (taken: TakenDelivery) => Promise<void> {
  const { redis, keys, lanes, endpoints, vault = PLAIN_VAULT } = deps;
  const settleDelivery = readRedisScript('settle-delivery');

  async function settle(
    delivery: Delivery,
    attempt: DeliveryAttempt | null,
    next: AttemptedDelivery['next'],
  ): Promise<void> {
    const args = [
      delivery.turn,
      attempt ? encodeAttempts([attempt], delivery.id, vault) : '',
      next.status,
      next.status === 'retry' ? next.delayMs : deps.recordTtlMs,
      next.status === 'failed' ? next.error : '',
    ];
    for (const pauseMs of [...SETTLE_PAUSES_MS, null]) {
      try {
        await settleDelivery(redis, keys.delivery(delivery.id), args);
        return;
      } catch (error) {
        if (pauseMs === null) throw error;
        await sleep(pauseMs);
      }
    }
  }

  /** Reports an end before the delivery leaves the pending set, so that a crash in between reports it again. */
  async function reportEnd(delivery: EndedDelivery): Promise<void> {
    if ((await redis.zscore(keys.pending, delivery.id)) === null) return;
    await deps.onEnded(delivery);
    await redis.zrem(keys.pending, delivery.id);
  }

  async function route(delivery: Delivery): Promise<Route> {
    if (delivery.endpoint === null) {
      const { url, secret } = delivery;
      return { status: 'ok', destination: { url, secrets: [secret], headers: {} } };
    }
    const endpoint = await endpoints.read(delivery.endpoint);
    if (!endpoint) return { status: 'failed', error: 'endpoint_deleted: The endpoint was deleted.' };
    if (endpoint.disabled && delivery.type !== 'ping') return { status: 'failed', error: DISABLED };
    const secrets = endpoint.secrets.map(({ secret }) => secret);
    return { status: 'ok', destination: { url: endpoint.url, secrets, headers: endpoint.headers } };
  }

  /** Tells of an endpoint that an attempt, of this process or of one that was lost, has disabled. */
  async function tellIfDisabled(id: string): Promise<void> {
    if (!(await endpoints.hasNotice(id))) return;
    const endpoint = await endpoints.read(id);
    if (!endpoint) return;
    await deps.onEndpointDisabled(endpoint);
    await endpoints.clearNotice(endpoint);
  }

  /** Moves on what is not to be tried now. */
  async function moveOn({ lane, id }: TakenDelivery, outcome: 'arrived' | 'failed' | 'none'): Promise<void> {
    const delivery = await readDelivery({ redis, keys, vault }, id);
    let nextAttemptAtMs: number | null = null;
    if (delivery === null) {
      await redis.zrem(keys.pending, id);
    } else {
      if (delivery.endpoint && delivery.status !== 'delivered') await tellIfDisabled(delivery.endpoint);
      if (hasEnded(delivery)) {
        await reportEnd(delivery);
      } else {
        nextAttemptAtMs = delivery.nextAttemptAtMs;
        await redis.zadd(keys.pending, nextAttemptAtMs, id);
      }
    }
    const restMs = await lanes.release({ lane, id, outcome, nextAttemptAtMs });
    if (restMs > 0) deps.onLaneRests(lane, restMs);
  }

  async function attempt(delivery: Delivery, destination: Destination): Promise<'arrived' | 'failed'> {
    const { disableAfterMs, ...settings } = deps.settings();
    const done = await attemptDelivery({ ...deps, ...settings }, delivery, destination);
    deps.onAttempt(delivery, done.attempt);
    await settle(delivery, done.attempt, done.next);
    const arrived = done.next.status === 'delivered';
    if (delivery.endpoint) {
      const outcome = arrived ? 'arrived' : done.gone ? 'gone' : 'failed';
      await endpoints.report(delivery.endpoint, outcome, { disableAfterMs });
    }
    // Who answers 410 is there, and quick: what else goes to that host need not wait.
    return arrived || done.gone ? 'arrived' : 'failed';
  }

  return async (taken) => {
    const delivery = await readDelivery({ redis, keys, vault }, taken.id);
    let outcome: 'arrived' | 'failed' | 'none' = 'none';
    if (delivery?.status === 'pending' && delivery.nextAttemptAtMs <= (await redisNowMs(redis)) + 5) {
      const way = await route(delivery);
      if (way.status === 'ok') outcome = await attempt(delivery, way.destination);
      else await settle(delivery, null, way);
    }
    await moveOn(taken, outcome);
  };
}

function hasEnded(delivery: Delivery): delivery is EndedDelivery {
  return delivery.status !== 'pending';
}
