import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { TestRedis } from './redis-for-tests.ts';

const BINARIES = ['redis-server', 'valkey-server'];
const READY_WITHIN_MS = 20_000;

/** A server on a free port with AOF in a folder of its own; null when neither binary is installed. */
export async function createRedisServer({
  settings,
}: {
  settings: readonly string[];
}): Promise<Required<TestRedis> | null> {
  const binary = BINARIES.find((name) => spawnSync(name, ['--version']).status === 0);
  if (!binary) return null;
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const folder = await mkdtemp(join(tmpdir(), 'test-redis-'));
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
  const safety = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
  let server: ChildProcess | null = null;

  async function start(): Promise<void> {
    const child = spawn(binary as string, [...place, ...safety, ...settings], { stdio: 'ignore' });
    server = child;
    await untilReady(url, child);
  }
  async function kill(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  await start().catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return {
    url,
    kill,
    async restart() {
      await kill();
      await start();
    },
    close: () => (closing ??= close()),
  };
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const probe = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  probe.on('error', () => {});
  const gaveUp = new AbortController();
  try {
    await Promise.race([
      probe.ping(),
      once(child, 'exit', { signal: gaveUp.signal }).then(([code]) => {
        throw new Error(`The Redis server ended with code ${code} before it answered.`);
      }),
      once(AbortSignal.timeout(READY_WITHIN_MS), 'abort', { signal: gaveUp.signal }).then(() => {
        throw new Error(`The Redis server did not answer within ${READY_WITHIN_MS} ms.`);
      }),
    ]);
  } finally {
    probe.disconnect();
    gaveUp.abort();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
