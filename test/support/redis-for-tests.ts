import { createRedisServer } from './redis-for-tests-server.ts';

export interface TestRedis {
  url: string;
  /** Only for a server of the test's own: ends it as a crash would; its data stay on disk. */
  kill?: () => Promise<void>;
  /** Only for a server of the test's own: kills it and starts it again on the same port, with its data. */
  restart?: () => Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * The Redis that a test runs on: the one that `REDIS_URL` names, else a `redis-server` or `valkey-server` of its
 * own, else a container. Tests keep apart by key prefix, never by flushing.
 */
export async function startTestRedis({
  own = false,
  settings = [],
}: {
  /** The test stops, fills or reconfigures its server: never the one that `REDIS_URL` names. */
  own?: boolean;
  /** Further settings as on the server's command line; implies `own`. */
  settings?: readonly string[];
} = {}): Promise<TestRedis> {
  const given = process.env['REDIS_URL'];
  if (given && !own && settings.length === 0) return { url: given, close: async () => {} };
  const server = await createRedisServer({ settings });
  if (server) return server;

  const { GenericContainer } = await import('testcontainers');
  const reachable = ['--bind', '0.0.0.0', '--protected-mode', 'no'];
  const safety = ['--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  const command = ['redis-server', ...reachable, ...safety, ...settings];
  const container = await new GenericContainer('redis:8-bookworm')
    .withExposedPorts(6379)
    .withCommand(command)
    .start();
  let closing: Promise<unknown> | null = null;
  return {
    url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
    close: async () => void (await (closing ??= container.stop())),
  };
}
