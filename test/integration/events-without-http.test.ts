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
  const job = await stack.submit({
    request: { stream: true, messages: [{ role: 'user', content: 'Tell me more.' }] },
  });
  const lines = await follow(job.id);
  expect(lines[0]?.trim()).toBe('job.queued');
  expect(lines.at(-1)).toBe('job.completed');
  const text = lines
    .filter((line) => line.startsWith('job.delta '))
    .map((line) => line.slice('job.delta '.length));
  expect(text.join('')).toBe((await stack.job(job.id)).result?.choices[0]?.message.content);
});

test('and a batch', async () => {
  const requests = [{ custom_id: 'a', body: { messages: [{ role: 'user', content: 'Hello.' }] } }];
  const answer = await stack.request('/v1/batches', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requests, tier: 'standard' }),
  });
  const lines = await follow(((await answer.json()) as { id: string }).id);
  expect(lines[0]).toBe('batch.in_progress { total: 1, completed: 0, failed: 0 }');
  expect(lines.at(-1)).toBe('batch.completed { total: 1, completed: 1, failed: 0 }');
});

/** What the page's program prints of a job or batch. */
async function follow(id: string): Promise<string[]> {
  const page = await readFile(join(import.meta.dirname, '../../docs/events.md'), 'utf8');
  const [, example] = /```js\n([\s\S]+?)```/.exec(page) ?? [];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', example ?? ''],
    {
      cwd: join(import.meta.dirname, '..'),
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: stack.redis.url,
        REDIS_PREFIX: stack.environment.redisPrefix,
        ID: id,
      },
      timeout: 30_000,
    },
  );
  return stdout.trimEnd().split('\n');
}
