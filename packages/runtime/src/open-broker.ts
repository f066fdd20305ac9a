import type { Redis } from 'ioredis';
import { createBroker, fairnessPolicy, type Broker } from '@sluice/broker';
import type { Config } from '@sluice/contracts';
import { createVault } from '@sluice/vault';
import { eraseDeliveries, webhookEventId } from '@sluice/webhooks';
import { connectRedis } from './connect-redis.ts';
import { createErrorLog } from './create-error-log.ts';
import { createRedisErrorLog } from './create-redis-error-log.ts';
import type { Logger } from './create-logger.ts';
import type { Metrics } from './create-metrics.ts';
import { durabilityInForce } from './durability-in-force.ts';
import { describeRedisConcerns } from './describe-redis-concerns.ts';
import type { Environment } from './load-environment.ts';
import { openWebhooks, type OpenWebhooks } from './open-webhooks.ts';
import { readRedisFacts, type RedisFacts } from './read-redis-facts.ts';
import { waitForRedis } from './wait-for-redis.ts';

export interface OpenBroker {
  broker: Broker;
  /** Fails fast when Redis is away. Owned here. */
  redis: Redis;
  queueConnection: Redis;
  facts: RedisFacts;
  webhooks: OpenWebhooks;
  /** Idempotent. */
  close(): Promise<void>;
}

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
    const vault = createVault(environment.encryptionKeys);
    const webhooks = openWebhooks({ redis, prefix, vault, publicBaseUrl: environment.publicBaseUrl });
    const broker = createBroker({
      redis,
      queueConnection,
      prefix,
      vault,
      ...fairnessPolicy(config),
      budgets: config.budgets,
      durability: {
        mode: durabilityInForce(facts, config.durability),
        syncsEveryWrite: facts.aofEnabled && facts.appendfsync === 'always',
        timeoutMs: DURABILITY_TIMEOUT_MS,
      },
      baseUrl: environment.publicBaseUrl,
      isWebhookWanted: webhooks.publisher.isWanted,
      async deliverWebhook({ job, webhook, seq, ...event }) {
        const eventId = webhookEventId(job.id, seq);
        await webhooks.publisher.publish({ ...event, eventId, subject: job, direct: webhook });
      },
      async deliverBatchWebhook({ batch, webhook, seq, ...event }) {
        const eventId = webhookEventId(batch.id, seq);
        await webhooks.publisher.publish({ ...event, eventId, subject: batch, direct: webhook });
      },
      eraseWebhooks: (jobId) => eraseDeliveries({ redis, prefix, jobId }),
      onError,
    });
    let closing: Promise<void> | null = null;
    const close = async (): Promise<void> => {
      await Promise.allSettled([broker.close()]);
      disconnect();
    };
    return { broker, redis, queueConnection, facts, webhooks, close: () => (closing ??= close()) };
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
