import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Environment } from './load-environment.ts';

/**
 * What a connection is for; each role has its own, because their needs exclude each other.
 * `submit`, `queue`, `limiter`: a command fails at once when Redis is away, else after 2 s, and is never sent again.
 * `subscriber`: in subscribe mode, resubscribes by itself. `worker`: BullMQ workers, whose commands block.
 */
export type RedisRole = 'submit' | 'queue' | 'limiter' | 'subscriber' | 'worker';

/** The shape of replies stays the default one, which the type of `Redis` depends on. */
type ConnectionOptions = Omit<RedisOptions, 'replyMapping'>;

export const REDIS_CONNECT_TIMEOUT_MS = 2_000;
export const REDIS_COMMAND_TIMEOUT_MS = 2_000;
/** A socket that owes an answer for so long is dead, and is replaced. */
const SOCKET_TIMEOUT_MS = 5_000;
/** Above the 10 s that BullMQ's workers block. */
const BLOCKING_SOCKET_TIMEOUT_MS = 30_000;
const MAX_RECONNECT_DELAY_MS = 1_000;

/**
 * Opens a connection, owned by the caller: end it with `quit()` or `disconnect()`. Returns at once; the
 * connection is made in the background and made again whenever it breaks, so an unreachable Redis is no error
 * here. `onError` hears every connection error.
 * With Cluster the answer is an ioredis `Cluster`, which has the same commands.
 */
export function connectRedis({
  environment,
  role,
  onError,
}: {
  environment: Pick<Environment, 'redisUrl' | 'redisCluster' | 'redisSentinels' | 'redisSentinelName'>;
  role: RedisRole;
  onError: (error: Error) => void;
}): Redis {
  const options = roleOptions(role);
  const redis = open(environment, options);
  redis.on('error', onError);
  return redis;
}

function open(
  environment: Pick<Environment, 'redisUrl' | 'redisCluster' | 'redisSentinels' | 'redisSentinelName'>,
  options: ConnectionOptions,
): Redis {
  const access = accessOf(environment.redisUrl);
  if (environment.redisCluster) {
    const { enableOfflineQueue = true, retryStrategy: _perNode, ...redisOptions } = options;
    const cluster = new Cluster([...environment.redisCluster], {
      redisOptions: { ...redisOptions, ...access },
      enableOfflineQueue,
      slotsRefreshTimeout: REDIS_COMMAND_TIMEOUT_MS,
      clusterRetryStrategy: reconnectDelayMs,
    });
    return cluster as unknown as Redis;
  }
  if (environment.redisSentinels) {
    return new Redis({
      ...options,
      ...access,
      sentinels: [...environment.redisSentinels],
      name: environment.redisSentinelName,
      sentinelRetryStrategy: reconnectDelayMs,
      failoverDetector: true,
    });
  }
  return new Redis(environment.redisUrl, options);
}

/** User, password and TLS of a URL, for the nodes of a cluster and for what the sentinels name. */
function accessOf(redisUrl: string): Pick<RedisOptions, 'username' | 'password' | 'tls'> {
  const { protocol, username, password } = new URL(redisUrl);
  return {
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

function roleOptions(role: RedisRole): ConnectionOptions {
  const common: ConnectionOptions = {
    connectionName: `sluice-${role}`,
    connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
    keepAlive: 10_000,
    retryStrategy: reconnectDelayMs,
    // A master that became a replica answers READONLY: reconnect, so that the new master is found.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
  switch (role) {
    case 'submit':
    case 'queue':
    case 'limiter':
      return {
        ...common,
        commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
        socketTimeout: SOCKET_TIMEOUT_MS,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
      };
    case 'subscriber':
      return {
        ...common,
        commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
        socketTimeout: SOCKET_TIMEOUT_MS,
        maxRetriesPerRequest: null,
        autoResubscribe: true,
      };
    case 'worker':
      return {
        ...common,
        socketTimeout: BLOCKING_SOCKET_TIMEOUT_MS,
        maxRetriesPerRequest: null,
      };
    default:
      return role satisfies never;
  }
}

/** Short, because a submit path without an offline queue refuses for as long as this. */
function reconnectDelayMs(times: number): number {
  return Math.min(50 * 2 ** Math.min(times, 5), MAX_RECONNECT_DELAY_MS) * (0.5 + Math.random() / 2);
}
