import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { MAX_FILE_BYTES } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../support/redis-for-tests.ts';
import { until } from '../support/until.ts';
import type { SpawnedCommand } from './spawn-command.ts';
import { spawnSluice } from './spawn-sluice.ts';

/** `sluice api` in a process of its own, started as the documentation says. */
let api: SpawnedCommand;
let redis: TestRedis;
let folder: string;
const key = `test_${randomBytes(12).toString('hex')}`;
const port = 20_000 + Math.floor(Math.random() * 20_000);
const url = `http://127.0.0.1:${port}`;

beforeAll(async () => {
  redis = await startTestRedis();
  folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  api = spawnSluice(['api'], {
    cwd: folder,
    environment: {
      REDIS_URL: redis.url,
      REDIS_PREFIX: `t${randomBytes(5).toString('hex')}`,
      SLUICE_ADMIN_KEY: key,
      PORT: String(port),
    },
  });
  await until(
    () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    { what: 'the API to be ready' },
  );
});
afterAll(async () => {
  api.child.kill('SIGTERM');
  await api.exited;
  await redis.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  status: number;
  body: { id?: string; bytes?: number; error?: { code: string; message: string; param: string } };
}

/** Uploads lines of 8 KB, so many bytes in all, that are made as they are sent. */
async function upload(bytes: number): Promise<Answer> {
  const boundary = 'a-boundary-of-this-test';
  const head = [
    `--${boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n`,
    `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large.jsonl"\r\n`,
    'Content-Type: application/octet-stream\r\n\r\n',
  ].join('');
  const tail = `\r\n--${boundary}--\r\n`;
  const piece = Buffer.from(`${'x'.repeat(8_191)}\n`.repeat(32));
  const body = function* (): Generator<Uint8Array> {
    yield Buffer.from(head);
    for (let left = bytes; left > 0; left -= piece.length) yield piece.subarray(0, left);
    yield Buffer.from(tail);
  };
  const sending = request(`${url}/v1/files`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': head.length + bytes + tail.length,
    },
  });
  const answered = new Promise<Answer>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', (response) => {
      json(response).then(
        (answer) => resolve({ status: response.statusCode as number, body: answer as Answer['body'] }),
        reject,
      );
    });
  });
  await pipeline(Readable.from(body()), sending);
  return answered;
}

function peakMb(): number {
  const status = readFileSync(`/proc/${api.child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

test.runIf(process.platform === 'linux')('sluice api runs with the flags that keep it small', () => {
  const commandLine = readFileSync(`/proc/${api.child.pid}/cmdline`, 'utf8').split('\0');
  expect(commandLine).toContain('--max-semi-space-size=8');
  expect(commandLine).toContain('--heap-growing-percent=50');
  const environment = readFileSync(`/proc/${api.child.pid}/environ`, 'utf8').split('\0');
  expect(environment).toContain('MALLOC_ARENA_MAX=2');
});

test('200 MB are taken in below 300 MB of memory; one byte more is refused, and says why', async () => {
  const { status, body } = await upload(MAX_FILE_BYTES);
  expect({ status, bytes: body.bytes }).toEqual({ status: 200, bytes: MAX_FILE_BYTES });
  const kept = await fetch(`${url}/v1/files/${body.id}`, { headers: { authorization: `Bearer ${key}` } });
  expect(await kept.json()).toMatchObject({ bytes: MAX_FILE_BYTES, purpose: 'batch' });

  const refused = await upload(MAX_FILE_BYTES + 1);
  expect(refused).toMatchObject({
    status: 413,
    body: { error: { code: 'file_too_large', param: 'file', message: expect.stringContaining('200') } },
  });
  const files = await fetch(`${url}/v1/files`, { headers: { authorization: `Bearer ${key}` } });
  expect(((await files.json()) as { data: unknown[] }).data).toHaveLength(1);
  // Linux tells what the process has held at most.
  if (process.platform === 'linux') expect(peakMb()).toBeLessThan(300);
});
