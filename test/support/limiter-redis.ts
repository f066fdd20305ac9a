import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limiterRedisOptions } from '@sluice/limiter';
import { Redis } from 'ioredis';

/** A Redis of the test's own, which it may stop, freeze and start again on the same port. */
export interface LimiterRedis {
  url: string;
  connect(): Promise<Redis>;
  /** `keepData: false` comes back empty. */
  restart(options: { keepData: boolean }): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and closes the connections made by `connect`. */
  close(): Promise<void>;
}

/** `fsync: 'always'`, the default, keeps every write over a restart. */
export async function startLimiterRedis(
  options: { fsync: 'always' | 'everysec' } = { fsync: 'always' },
): Promise<LimiterRedis> {
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'limiter-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  const connections: Redis[] = [];
  let server: ChildProcess | null = null;

  async function start(): Promise<void> {
    const settings = ['--port', String(port), '--dir', directory, '--save', '', '--appendonly', 'yes'];
    server = spawn('redis-server', [...settings, '--appendfsync', options.fsync], { stdio: 'ignore' });
    const probe = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    probe.on('error', () => {});
    await probe.ping();
    probe.disconnect();
  }

  async function stop(): Promise<void> {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }

  await start();
  return {
    url,
    async connect() {
      const redis = new Redis(url, { ...limiterRedisOptions, retryStrategy: () => 20, lazyConnect: true });
      redis.on('error', () => {});
      connections.push(redis);
      await redis.connect();
      return redis;
    },
    async restart({ keepData }) {
      await stop();
      if (!keepData) await rm(join(directory, 'appendonlydir'), { recursive: true, force: true });
      await start();
    },
    start,
    stop,
    async close() {
      for (const redis of connections) redis.disconnect();
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
