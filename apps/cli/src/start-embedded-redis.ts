import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { CliError } from './cli-error.ts';
import { freePort } from './free-port.ts';
import { redisServerCommand } from './redis-server-command.ts';
import { redisServerConfig } from './redis-server-config.ts';
import { releaseRedisFolder } from './release-redis-folder.ts';

export interface EmbeddedRedis {
  url: string;
  /** How it runs, for the user: `redis-server`, `valkey-server` or `docker`. */
  command: string;
  /** Ends the server after it has written everything; idempotent. */
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const PORT_TRIES = 3;
const MAX_RESTARTS = 5;

/**
 * Starts a Redis of our own with its data in `folder`, on a free port of 127.0.0.1 and with a random password.
 * Resolves when it answers (it may first have to load its data). Owned: the caller closes it, after everything
 * that uses it. A server that ends by itself is started again with its data, five times at most.
 */
export async function startEmbeddedRedis(folder: string): Promise<EmbeddedRedis> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  await releaseRedisFolder(folder);
  let lastLines = '';
  for (let attempt = 1; attempt <= PORT_TRIES; attempt += 1) {
    const started = await tryStart(folder, await freePort());
    if (typeof started !== 'string') return started;
    lastLines = started;
  }
  throw new CliError(
    `The embedded Redis in ${folder} does not start: ${lastLines || 'it ended without a word'}`,
  );
}

/** The server, or the last lines that it wrote before it ended. */
async function tryStart(folder: string, port: number): Promise<EmbeddedRedis | string> {
  const password = randomBytes(18).toString('hex');
  const url = `redis://:${password}@127.0.0.1:${port}`;
  let server = spawnServer({ folder, port, password });
  if (!(await answersInTime(url, server.child))) {
    await stop(server);
    return server.lastLines();
  }
  const ownerFile = join(folder, 'owner.json');
  writeFileSync(ownerFile, JSON.stringify({ url, owner_pid: process.pid }), { mode: 0o600 });
  let closing: Promise<void> | null = null;
  let restarts = 0;
  const restartWhenLost = (): void => {
    server.child.once('exit', () => {
      if (closing) return;
      restarts += 1;
      const again = restarts <= MAX_RESTARTS;
      process.stderr.write(
        `The embedded Redis ended: ${again ? 'starting it again with its data' : 'giving up'}.\n`,
      );
      if (!again) return;
      server = spawnServer({ folder, port, password });
      restartWhenLost();
    });
  };
  restartWhenLost();
  return {
    url,
    command: server.command,
    close: () => (closing ??= stop(server).then(() => rmSync(ownerFile, { force: true }))),
  };
}

interface Server {
  child: ChildProcess;
  command: string;
  exited: Promise<void>;
  lastLines(): string;
}

function spawnServer({ folder, port, password }: { folder: string; port: number; password: string }): Server {
  const { command, arguments: commandArguments, dataFolder, bind } = redisServerCommand({ folder, port });
  const child = spawn(command, commandArguments, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group: a Ctrl-C at the terminal must not end it before those who still write to it.
    detached: true,
  });
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let output = '';
  const keepTail = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-2_000);
  };
  child.stdout.on('data', keepTail);
  child.stderr.on('data', keepTail);
  child.stdin.on('error', () => {});
  child.stdin.end(redisServerConfig({ port, bind, dataFolder, password }));
  return { child, command, exited, lastLines: () => output.trim().split('\n').slice(-3).join(' | ') };
}

async function answersInTime(url: string, child: ChildProcess): Promise<boolean> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => 50, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  const endMs = performance.now() + START_TIMEOUT_MS;
  try {
    void redis.connect().catch(() => {});
    while (performance.now() < endMs && child.exitCode === null && child.signalCode === null) {
      const answer = await Promise.race([redis.ping().catch(() => 'error'), delay(250, 'late')]);
      if (answer === 'PONG') return true;
      await delay(20);
    }
    return false;
  } finally {
    redis.disconnect();
  }
}

/** SIGTERM makes Redis write out and end; a server that hangs is killed. */
async function stop({ child, exited }: Server): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
