import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ simulator: { latency: { p50_ms: 20, tokens_per_second: 200 } } });
});
afterAll(() => stack.close());

test('the consumer in docs/events.md follows a job through Redis alone', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/events.md'), 'utf8');
  const [, example] = /```js\n([\s\S]+?)```/.exec(page) ?? [];
  const job = await stack.submit({
    request: { stream: true, messages: [{ role: 'user', content: 'Tell me more.' }] },
  });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', example ?? ''],
    {
      cwd: join(import.meta.dirname, '..'),
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: stack.redis.url,
        REDIS_PREFIX: stack.environment.redisPrefix,
        JOB_ID: job.id,
      },
      timeout: 30_000,
    },
  );
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]?.trim()).toBe('job.queued');
  expect(lines.at(-1)).toBe('job.completed');
  const text = lines
    .filter((line) => line.startsWith('job.delta '))
    .map((line) => line.slice('job.delta '.length));
  expect(text.join('')).toBe((await stack.job(job.id)).result?.choices[0]?.message.content);
});
