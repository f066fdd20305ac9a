import type { Redis } from 'ioredis';
import { createBroker, fairnessPolicy, type Broker, type WebhookDue } from '@sluice/broker';
import type { Batch, Config, Job } from '@sluice/contracts';
import { createVault } from '@sluice/vault';
import { createWebhookOutbox, eraseDeliveries, renderWebhookEvent, webhookEventId } from '@sluice/webhooks';
import { connectRedis } from './connect-redis.ts';
import { createErrorLog } from './create-error-log.ts';
import { createRedisErrorLog } from './create-redis-error-log.ts';
import type { Logger } from './create-logger.ts';
import type { Metrics } from './create-metrics.ts';
import { durabilityInForce } from './durability-in-force.ts';
import { describeRedisConcerns } from './describe-redis-concerns.ts';
import type { Environment } from './load-environment.ts';
import { readRedisFacts, type RedisFacts } from './read-redis-facts.ts';
import { waitForRedis } from './wait-for-redis.ts';

export interface OpenBroker {
  broker: Broker;
  /** Fails fast when Redis is away. Owned here. */
  redis: Redis;
  queueConnection: Redis;
  facts: RedisFacts;
  /** Idempotent. */
  close(): Promise<void>;
}

type Due = Omit<WebhookDue, 'job' | 'webhook'> & {
  subject: Job | Batch;
  webhook: { url: string; secret: string };
};

/** How long a submit waits for the confirmation that its durability mode asks for. */
const DURABILITY_TIMEOUT_MS = 1_500;

/**
 * Connects to Redis, checks it, and wires the broker with the webhook outbox: what api, worker and dispatcher share.
 * @throws RedisNotReadyError when Redis does not answer.
 */
export async function openBroker({
  config,
  environment,
  logger,
  metrics,
  redisTimeoutMs = 10_000,
}: {
  config: Config;
  environment: Environment;
  logger: Logger;
  metrics: Metrics;
  /** How long each connection may take to answer. @defaultValue 10_000 */
  redisTimeoutMs?: number;
}): Promise<OpenBroker> {
  const onRedisError = createRedisErrorLog({ logger, metrics });
  const connect = (role: 'submit' | 'queue'): Redis =>
    connectRedis({ environment, role, onError: onRedisError(role) });
  const redis = connect('submit');
  const queueConnection = connect('queue');
  const disconnect = (): void => {
    redis.disconnect();
    queueConnection.disconnect();
  };
  try {
    const wait = { address: describeAddress(environment), timeoutMs: redisTimeoutMs };
    await Promise.all([waitForRedis(redis, wait), waitForRedis(queueConnection, wait)]);
    const facts = await readRedisFacts(redis);
    for (const concern of describeRedisConcerns(facts, config.durability)) logger.warn(concern);
    const onError = createErrorLog({ logger, message: 'deferred' });
    const prefix = environment.redisPrefix;
    const outbox = createWebhookOutbox({ redis, queueConnection, prefix, onError });
    const deliver = async ({ subject, tenant, webhook, type, seq, atMs }: Due): Promise<void> => {
      const eventId = webhookEventId(subject.id, seq);
      const { publicBaseUrl } = environment;
      const body = renderWebhookEvent({ type, job: subject, eventId, atMs, publicBaseUrl });
      const { url, secret } = webhook;
      await outbox.enqueue({ eventId, jobId: subject.id, tenant, type, url, secret, body });
    };
    const broker = createBroker({
      redis,
      queueConnection,
      prefix,
      vault: createVault(environment.encryptionKeys),
      ...fairnessPolicy(config),
      budgets: config.budgets,
      durability: {
        mode: durabilityInForce(facts, config.durability),
        syncsEveryWrite: facts.aofEnabled && facts.appendfsync === 'always',
        timeoutMs: DURABILITY_TIMEOUT_MS,
      },
      baseUrl: environment.publicBaseUrl,
      deliverWebhook: ({ job, ...due }) => deliver({ ...due, subject: job }),
      deliverBatchWebhook: ({ batch, ...due }) => deliver({ ...due, subject: batch }),
      eraseWebhooks: (jobId) => eraseDeliveries({ redis, prefix, jobId }),
      onError,
    });
    let closing: Promise<void> | null = null;
    const close = async (): Promise<void> => {
      await Promise.allSettled([broker.close(), outbox.close()]);
      disconnect();
    };
    return { broker, redis, queueConnection, facts, close: () => (closing ??= close()) };
  } catch (error) {
    disconnect();
    throw error;
  }
}

/** Without the password that a URL may carry. */
function describeAddress({ redisUrl, redisCluster, redisSentinels }: Environment): string {
  const nodes = redisCluster ?? redisSentinels;
  if (nodes) return nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  const { hostname, port } = new URL(redisUrl);
  return `${hostname}:${port || '6379'}`;
}
