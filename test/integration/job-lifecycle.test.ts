import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startWorker } from '@sluice/worker';
import { createLogger } from '@sluice/runtime';
import { newWebhookSecret } from '@sluice/webhooks';
import type { Job, WebhookEvent } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let receiver: Server;
const received: { headers: Record<string, string>; body: string }[] = [];

beforeAll(async () => {
  stack = await startStack({ sweepAfterMs: 1_000 });
  receiver = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
afterEach(() => stack.simulator.control.reset());
afterAll(async () => {
  await stack.close();
  receiver.close();
});

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };
const OPENAI = { ...HELLO, model: 'openai/gpt-5.4-mini' };

test('a signed webhook brings the job as it ended, and the events that were asked for', async () => {
  const secret = newWebhookSecret();
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const job = await stack.submit({
    request: HELLO,
    webhook: { url, secret, events: ['job.started', 'job.completed'] },
  });
  const hooks = await until(() => received.length >= 2 && received, { what: 'two webhooks' });
  const events = hooks.map(({ headers, body }) => new Webhook(secret).verify(body, headers) as WebhookEvent);
  expect(events.map(({ type }) => type).sort()).toEqual(['job.completed', 'job.started']);
  const completed = events.find(({ type }) => type === 'job.completed');
  expect(completed?.data).toEqual(await stack.job(job.id));
  expect(completed?.id).toMatch(/^evt_/);
});

test('a webhook without a secret is signed with the secret of the key', async () => {
  received.length = 0;
  const { secret } = (await (await stack.request('/v1/webhook_secret')).json()) as { secret: string };
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  await stack.submit({ request: HELLO, webhook: { url } });
  const [hook] = await until(() => received.length > 0 && received, { what: 'a webhook' });
  expect(new Webhook(secret).verify(hook?.body ?? '', hook?.headers ?? {})).toMatchObject({
    type: 'job.completed',
  });
});

test('cancelling a running job ends it at once and its call soon after', async () => {
  stack.simulator.control.setLatency({ latency: { p50_ms: 60_000 } });
  const job = await stack.submit({ request: OPENAI });
  await until(() => stack.simulator.control.summary().running === 1, { what: 'the call' });
  const answer = await stack.request(`/v1/jobs/${job.id}/cancel`, { method: 'POST' });
  expect(((await answer.json()) as Job).status).toBe('cancelled');
  await until(() => stack.simulator.control.summary().running === 0, { what: 'the end of the call' });
  const ended = await stack.job(job.id);
  expect(ended).toMatchObject({ status: 'cancelled', result: null, error: { code: 'cancelled' } });
  expect(ended.attempts.map(({ status }) => status)).toEqual(['cancelled']);
});

test('a job expires at its deadline: queued, delayed or running', async () => {
  const { control } = stack.simulator;
  control.setLatency({ latency: { p50_ms: 60_000 } });
  const running = await stack.submit({ request: OPENAI, within: '1s' });
  await until(() => control.summary().running === 1, { what: 'the call' });
  await control.setFaults([{ account: 'google', kind: 'rate_limited', retry_after_s: 600 }]);
  const delayed = await stack.submit({
    request: { ...HELLO, model: 'google/gemini-2.5-flash' },
    within: '2s',
  });

  for (const { id } of [running, delayed]) {
    const job = await stack.ended(id);
    expect(job).toMatchObject({ status: 'expired', error: { code: 'expired' } });
    expect(Date.parse(job.finished_at ?? '')).toBeGreaterThanOrEqual(Date.parse(job.deadline));
  }
  await until(() => control.summary().running === 0, { what: 'the end of the call' });
});

test('retry makes a new job, and only of one that has ended', async () => {
  const first = await stack.ended((await stack.submit({ request: HELLO, metadata: { a: 'b' } })).id);
  const answer = await stack.request(`/v1/jobs/${first.id}/retry`, { method: 'POST' });
  expect(answer.status).toBe(202);
  const second = (await answer.json()) as Job;
  expect(second.id).not.toBe(first.id);
  expect(second).toMatchObject({ retried_from: first.id, metadata: { a: 'b' } });
  expect((await stack.ended(second.id)).status).toBe('completed');
});

test('a worker that stops hands back what it cannot finish, and another one runs it', async () => {
  const { control } = stack.simulator;
  const alone = await startStack({ workers: 0 });
  try {
    alone.simulator.control.setLatency({ latency: { p50_ms: 60_000 } });
    const logger = createLogger({ name: 'test', level: 'silent' });
    const { config, environment } = alone;
    const first = await startWorker({ config, environment, logger, graceMs: 100 });
    const { id } = await alone.submit({ request: OPENAI });
    await until(() => alone.simulator.control.summary().running === 1, { what: 'the call' });
    await first.close();
    alone.simulator.control.setLatency({ latency: { p50_ms: 5 } });
    expect((await alone.job(id)).status).toBe('queued');
    const second = await startWorker({ config, environment, logger });
    const ended = await alone.ended(id);
    await second.close();
    expect(ended.status).toBe('completed');
    expect(ended.attempts.map(({ status, cost_usd: cost }) => [status, cost === null])).toEqual([
      ['abandoned', true],
      ['succeeded', false],
    ]);
  } finally {
    await alone.close();
  }
  expect(control.summary().running).toBe(0);
});

test('a more urgent tier goes first although others came before', async () => {
  const { control } = stack.simulator;
  const limited = await startStack({
    config: { providers: { openai: { limits: { concurrency: 2 } } } },
    simulator: { latency: { p50_ms: 100 } },
  });
  try {
    const flex = await Promise.all(
      Array.from({ length: 40 }, () => limited.submit({ tier: 'flex', lane: 'live', request: OPENAI })),
    );
    const urgent = await limited.submit({ tier: 'priority', request: OPENAI });
    await limited.ended(urgent.id);
    const left = (await Promise.all(flex.map(({ id }) => limited.job(id)))).filter(
      ({ status }) => status === 'queued',
    );
    expect(left.length).toBeGreaterThan(20);
    await Promise.all(flex.map(({ id }) => limited.ended(id)));
  } finally {
    await limited.close();
  }
  expect(control.overshoots()).toEqual([]);
});
