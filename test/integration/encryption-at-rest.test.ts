import { randomBytes } from 'node:crypto';
import { createLogger, createMetrics, loadEnvironment, openBroker } from '@sluice/runtime';
import { afterEach, expect, test } from 'vitest';
import { dumpRedis } from '../support/dump-redis.ts';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack | null = null;
afterEach(async () => {
  await stack?.close();
  stack = null;
});

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const PROMPT = 'canary-prompt-5561';

test('with keys nothing that callers or models wrote is readable in Redis, and everything through the API', async () => {
  stack = await startStack({ workers: 1, encryptionKeys: key('a') });
  const { submit, ended, request, redis } = stack;
  const body = { messages: [{ role: 'user', content: PROMPT }], stream: true, max_tokens: 40 };
  const [streamed, waited] = await Promise.all([
    submit({ request: body }),
    request('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...body, stream: false, model: 'openai/gpt-5.4-mini' }),
      headers: { 'content-type': 'application/json' },
    }),
  ]);
  const completion = (await waited.json()) as { choices: { message: { content: string } }[] };
  const job = await ended(streamed.id);
  const answer = job.result?.choices[0]?.message.content ?? '';
  expect(answer.length).toBeGreaterThan(20);
  const events = await (await request(`/v1/jobs/${job.id}/events`)).text();
  const pieces = [...events.matchAll(/^data: (.*"job\.delta".*)$/gm)].map(
    ([, data]) => (JSON.parse(data as string) as { delta: { content?: string } }).delta.content ?? '',
  );
  expect(pieces.join('')).toBe(answer);

  const stored = await dumpRedis(redis.url);
  expect(stored).toContain(job.id);
  const words = [answer, completion.choices[0]?.message.content ?? ''].map((text) => text.slice(0, 16));
  for (const secret of [PROMPT, ...words]) expect(stored).not.toContain(secret);
});

test('a rotated ring opens what the old key sealed', async () => {
  const [old, fresh] = [key('old'), key('new')];
  stack = await startStack({ workers: 1, encryptionKeys: old });
  const { submit, ended, environment } = stack;
  const { id } = await submit({ request: { messages: [{ role: 'user', content: PROMPT }] } });
  const { result } = await ended(id);
  const open = await openBroker({
    config: stack.config,
    environment: {
      ...environment,
      encryptionKeys: loadEnvironment({ SLUICE_ENCRYPTION_KEYS: `${fresh},${old}` }).encryptionKeys,
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics({ defaults: false }),
  });
  try {
    expect((await open.broker.jobs.get(id, 'default'))?.result).toEqual(result);
  } finally {
    await open.close();
  }
});
