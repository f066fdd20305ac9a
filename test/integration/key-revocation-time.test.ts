import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BatchApiTask } from '../support/batch-api-child.ts';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';

const PROCESSES = 3;
const ROUNDS = 5;
const ADMIN = `test_${randomBytes(12).toString('hex')}`;

let server: TestRedis;
let redis: Redis;
let folder: string;
const children: ChildProcess[] = [];
const urls: string[] = [];

beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
  folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  const task: BatchApiTask = {
    redisUrl: server.url,
    prefix: `t${randomBytes(5).toString('hex')}`,
    key: ADMIN,
    leaseMs: 15_000,
    config: {
      durability: 'memory',
      providers: { openai: { kind: 'openai', api_key: 'unused' } },
      storage: { kind: 'local', path: folder },
    },
  };
  for (let n = 0; n < PROCESSES; n += 1) {
    const child = fork(join(import.meta.dirname, '../support/batch-api-child.ts'), [JSON.stringify(task)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    children.push(child);
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    urls.push(url);
  }
});
afterAll(async () => {
  for (const child of children) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  redis.disconnect();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const call = (url: string, path: string, key: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });

/** Redis' clock: the only one that all processes share. */
async function serverNowMs(): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Number(micros) / 1_000;
}

const CHANGES: Readonly<Record<string, { how: RequestInit; path: (id: string) => string }>> = {
  revoked: { how: { method: 'DELETE' }, path: (id) => `/v1/keys/${id}` },
  'rotated without overlap': {
    how: { method: 'POST', body: JSON.stringify({ overlap: '0s' }) },
    path: (id) => `/v1/keys/${id}/rotate`,
  },
  'scope taken away': {
    how: { method: 'PATCH', body: JSON.stringify({ scopes: ['webhooks'] }) },
    path: (id) => `/v1/keys/${id}`,
  },
};

test('a key that is taken back is refused by every process within a second', async () => {
  const [first = '', ...others] = urls;
  const table: { change: string; round: number; process: number; 'refused after ms': number }[] = [];
  for (const [change, { how, path }] of Object.entries(CHANGES)) {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const made = await call(first, '/v1/keys', ADMIN, {
        method: 'POST',
        body: JSON.stringify({ name: 'taken back', scopes: ['jobs:read'] }),
      });
      const { id, key } = (await made.json()) as { id: string; key: string };
      // Every process has just read it, so that each one's memory of it is as fresh as it gets.
      for (const url of urls) expect((await call(url, '/v1/jobs', key)).status).toBe(200);
      const changed = await call(first, path(id), ADMIN, how);
      expect(changed.status).toBe(200);
      const changedAtMs = await serverNowMs();
      const refusedAfterMs = async (url: string): Promise<number> => {
        for (;;) {
          const { status } = await call(url, '/v1/jobs', key);
          const afterMs = (await serverNowMs()) - changedAtMs;
          if (status === 401 || status === 403) return afterMs;
          if (afterMs > 5_000) return Infinity;
        }
      };
      const figures = await Promise.all([first, ...others].map(refusedAfterMs));
      figures.forEach((afterMs, at) =>
        table.push({ change, round, process: at + 1, 'refused after ms': Math.round(afterMs) }),
      );
    }
  }
  for (const change of Object.keys(CHANGES)) {
    const of = (there: boolean): number =>
      Math.max(
        ...table
          .filter((row) => row.change === change && (row.process === 1) === !there)
          .map((row) => row['refused after ms']),
      );
    console.log(
      `${change}: at the latest after ${of(true)} ms in ${others.length} other processes, ${of(false)} ms in the one that did it (${ROUNDS} times)`,
    );
  }
  expect(table.filter((row) => row['refused after ms'] >= 1_000)).toEqual([]);
});

test('streams that are open end when their key is taken back, in every process', async () => {
  const [first = ''] = urls;
  const table: string[] = [];
  const figures: number[] = [];
  for (const [change, { how, path }] of Object.entries(CHANGES)) {
    const made = await call(first, '/v1/keys', ADMIN, {
      method: 'POST',
      body: JSON.stringify({ name: 'taken back', scopes: ['jobs:read', 'jobs:write', 'webhooks'] }),
    });
    const { id, key } = (await made.json()) as { id: string; key: string };
    const job = await call(first, '/v1/responses', key, {
      method: 'POST',
      body: JSON.stringify({ model: 'openai/gpt-5.4-mini', input: 'Hello.', background: true }),
    });
    const response = ((await job.json()) as { id: string }).id;
    const open = await Promise.all(
      urls.flatMap((url) => [
        call(url, `/v1/jobs/job_${response.slice('resp_'.length)}/events`, key),
        call(url, `/v1/responses/${response}?stream=true`, key),
        call(url, '/v1/webhook_events', key),
      ]),
    );
    expect(open.map(({ status }) => status)).toEqual(open.map(() => 200));
    const ends = open.map(async (stream) => {
      await stream.text().catch(() => '');
      return serverNowMs();
    });
    expect((await call(first, path(id), ADMIN, how)).status).toBe(200);
    const changedAtMs = await serverNowMs();
    const latest = Math.max(...(await Promise.all(ends))) - changedAtMs;
    figures.push(latest);
    table.push(
      `${change}: ${open.length} open streams in ${urls.length} processes, the last ends after ${Math.round(latest)} ms`,
    );
  }
  console.log(table.join('\n'));
  expect(figures.filter((ms) => ms >= 2_000)).toEqual([]);
});
