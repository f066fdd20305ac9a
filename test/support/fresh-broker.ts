import { randomUUID } from 'node:crypto';
import { createBroker, type Broker, type BrokerOptions, type JobRecord } from '@sluice/broker';
import { jobEventSchema, type JobEvent } from '@sluice/contracts';
import { Redis } from 'ioredis';

export interface FreshBroker {
  broker: Broker;
  redis: Redis;
  prefix: string;
  /** What was reported as failed and left to the sweeper. */
  deferred: unknown[];
  record(id: string): Promise<JobRecord>;
  events(id: string): Promise<JobEvent[]>;
  /** Ids in all open sets. */
  openIds(): Promise<string[]>;
  /** Tickets that BullMQ holds, in any state. */
  ticketsInQueue(provider: string): Promise<string[]>;
  close(): Promise<void>;
}

/** A broker with a key prefix that nobody else uses. Owns its connections. */
export function createFreshBroker(redisUrl: string, options: Partial<BrokerOptions> = {}): FreshBroker {
  const prefix = options.prefix ?? `test-${randomUUID()}`;
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queueConnection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  queueConnection.on('error', () => {});
  const deferred: unknown[] = [];
  const broker = createBroker({
    redis,
    queueConnection,
    prefix,
    shares: { priority: 8, standard: 3, flex: 1 },
    durability: { mode: 'memory', syncsEveryWrite: false, timeoutMs: 1_000 },
    baseUrl: 'http://127.0.0.1:8420',
    deliverWebhook: async () => {},
    onError: (error) => void deferred.push(error),
    ...options,
  });
  const { keys, codec } = broker;
  return {
    broker,
    redis,
    prefix,
    deferred,
    async record(id) {
      const job = codec.decode(await redis.hgetall(keys.job(id)));
      if (!job) throw new Error(`there is no job ${id}`);
      return job;
    },
    events: async (id) =>
      (await redis.lrange(keys.events(id), 0, -1)).map((text) => jobEventSchema.parse(JSON.parse(text))),
    openIds: async () =>
      (await Promise.all(keys.openShards.map((shard) => redis.zrange(shard, '0', '-1')))).flat(),
    async ticketsInQueue(provider) {
      const found = await Promise.all(
        (['priority', 'standard', 'flex'] as const).map((tier) =>
          broker.queues.open(provider, tier).getJobs(['waiting', 'active', 'delayed', 'prioritized']),
        ),
      );
      return found.flat().map(({ id }) => id as string);
    },
    async close() {
      await broker.close();
      redis.disconnect();
      queueConnection.disconnect();
    },
  };
}
