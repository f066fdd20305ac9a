import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Job, ShownWebhookDelivery, ShownWebhookEndpoint } from '@sluice/contracts';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

interface Call {
  headers: IncomingHttpHeaders;
  body: string;
  event: { id: string; type: string; data: { id: string; [field: string]: unknown } };
}

let stack: Stack;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  stack = await startStack({
    config: {
      webhooks: { allow_cidrs: ['127.0.0.0/8'], retry_schedule: ['50ms', '100ms'], timeout: '2s' },
    },
  });
});
afterAll(async () => {
  for (const close of closers.splice(0)) await close();
  await stack.close();
});

async function receiver(
  answer: (response: ServerResponse, count: number) => void = (response) => response.end(),
) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ headers: request.headers, body, event: JSON.parse(body) as Call['event'] });
      answer(response, calls.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

async function api<Answer = Record<string, unknown>>(
  method: string,
  path: string,
  body?: object,
  key = stack.key,
): Promise<Answer & { status_code: number }> {
  const answer = await stack.request(path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { ...((await answer.json()) as Answer), status_code: answer.status };
}

type Endpoint = ShownWebhookEndpoint & { secret: string };
const create = async (body: object, key?: string) => {
  const endpoint = await api<Endpoint>('POST', '/v1/webhook_endpoints', body, key);
  expect(endpoint.status_code).toBe(201);
  const ready = { ...endpoint, id: endpoint.id };
  closers.push(() => api('DELETE', `/v1/webhook_endpoints/${ready.id}`, undefined, key));
  // Every process knows it within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return ready;
};

const SUBMISSION = { request: { messages: [{ role: 'user', content: 'Say hello.' }] } };
const has = (calls: Call[], jobId: string, type: string) => () =>
  calls.find(({ event }) => event.data.id === jobId && event.type === type) ?? null;

async function newKey(tenant: string): Promise<string> {
  return (await api<{ key: string }>('POST', '/v1/keys', { name: 'test', tenant })).key;
}

test('an endpoint gets the events that it names of all jobs of its tenant, and of no other', async () => {
  const { url, calls } = await receiver();
  const endpoint = await create({
    url,
    events: ['job.started', 'job.completed'],
    headers: { Authorization: 'Bearer hush', 'x-team': 'search' },
    description: 'all jobs',
  });
  expect(endpoint).toMatchObject({
    status: 'enabled',
    headers: { Authorization: '***', 'x-team': 'search' },
  });
  const other = await newKey('other');
  const foreign = await api<Job>('POST', '/v1/jobs', SUBMISSION, other);
  const { id } = await stack.submit(SUBMISSION);
  const call = await until(has(calls, id, 'job.completed'), { what: 'the end' });
  await until(has(calls, id, 'job.started'), { what: 'the start' });
  expect(call.headers).toMatchObject({ authorization: 'Bearer hush', 'x-team': 'search' });
  new Webhook(endpoint.secret).verify(call.body, call.headers as Record<string, string>);
  const openai = new OpenAI({ apiKey: 'unused', webhookSecret: endpoint.secret });
  await openai.webhooks.unwrap(call.body, call.headers as Record<string, string>);
  await stack.request(`/v1/jobs/${foreign.id}?wait=10`, { headers: { authorization: `Bearer ${other}` } });
  expect(calls.filter(({ event }) => event.data.id === foreign.id)).toEqual([]);
  const deliveries = await api<{ data: ShownWebhookDelivery[] }>(
    'GET',
    `/v1/webhook_deliveries?endpoint=${endpoint.id}&job=${id}&status=delivered`,
  );
  expect(deliveries.data.map(({ type }) => type).toSorted()).toEqual(['job.completed', 'job.started']);
  expect(deliveries.data[0]?.attempts).toMatchObject([{ n: 1, http_status: 200, error: null }]);
});

test('a job may name an endpoint that subscribes to nothing; thin events carry ids only', async () => {
  const { url, calls } = await receiver();
  const endpoint = await create({ url, events: [], thin: true });
  const silent = await stack.submit(SUBMISSION);
  const { id } = await stack.submit({ ...SUBMISSION, webhook: { endpoint: endpoint.id } });
  const call = await until(has(calls, id, 'job.completed'), { what: 'the event' });
  expect(call.event.data).toEqual({
    id,
    status: 'completed',
    result_url: `${stack.url}/v1/jobs/${id}`,
  });
  await stack.ended(silent.id);
  expect(calls.filter(({ event }) => event.data.id === silent.id)).toEqual([]);
  expect(await api('POST', '/v1/jobs', { ...SUBMISSION, webhook: { endpoint: 'we_unknown' } })).toMatchObject(
    { status_code: 404, error: { param: 'webhook.endpoint' } },
  );
});

test('after a rotation both secrets verify; ed25519 shows a public key and no secret', async () => {
  const { url, calls } = await receiver();
  const before = await create({ url, events: [] });
  const after = await api<Endpoint>('POST', `/v1/webhook_endpoints/${before.id}/rotate_secret`);
  expect(after.secret).not.toBe(before.secret);
  expect(Date.parse(after.previous_secret_until ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  const ping = await api<ShownWebhookDelivery>('POST', `/v1/webhook_endpoints/${before.id}/ping`);
  expect(ping).toMatchObject({ status_code: 202, type: 'ping', status: 'pending' });
  const call = await until(() => calls[0] ?? null, { what: 'the ping' });
  for (const { secret } of [before, after]) {
    new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
  }
  const shown = await api<Endpoint>('GET', `/v1/webhook_endpoints/${before.id}`);
  expect(shown).not.toHaveProperty('secret');
  const asymmetric = await create({ url, events: [], signature: 'v1a' });
  expect(asymmetric).toMatchObject({ secret: null, public_key: expect.stringMatching(/^whpk_/) });
});

test('410 disables an endpoint at once, the others are told, and recover sends what failed', async () => {
  const watcher = await receiver();
  await create({ url: watcher.url, events: ['webhook_endpoint.disabled'] });
  const gone = { yes: true };
  const { url, calls } = await receiver((response) => response.writeHead(gone.yes ? 410 : 200).end());
  const endpoint = await create({ url, events: ['job.completed'] });
  const since = new Date(Date.now() - 1_000).toISOString();
  const first = await stack.submit(SUBMISSION);
  await until(has(calls, first.id, 'job.completed'), { what: 'the refused event' });
  const told = await until(
    () => watcher.calls.find(({ event }) => event.type === 'webhook_endpoint.disabled') ?? null,
    { what: 'the operational event' },
  );
  expect(told.event.data).toMatchObject({ id: endpoint.id, status: 'disabled', disabled_reason: 'gone' });
  expect(await api('GET', `/v1/webhook_endpoints/${endpoint.id}`)).toMatchObject({ status: 'disabled' });
  const meanwhile = await stack.submit(SUBMISSION);
  await stack.ended(meanwhile.id);
  const path = `/v1/webhook_deliveries?endpoint=${endpoint.id}&status=failed`;
  await until(async () => (await api<{ data: object[] }>('GET', path)).data.length === 2, {
    what: 'both failures on record',
  });
  expect(await api('POST', `/v1/webhook_endpoints/${endpoint.id}/recover?since=${since}`)).toMatchObject({
    status_code: 409,
  });
  gone.yes = false;
  expect(await api('POST', `/v1/webhook_endpoints/${endpoint.id}/enable`)).toMatchObject({
    status: 'enabled',
  });
  expect(await api('POST', `/v1/webhook_endpoints/${endpoint.id}/recover?since=${since}`)).toMatchObject({
    recovered: 2,
    skipped: 0,
    has_more: false,
  });
  await until(has(calls, meanwhile.id, 'job.completed'), { what: 'the event of the time without' });
  await until(async () => (await api<{ data: object[] }>('GET', path)).data.length === 0, {
    what: 'no failure left',
  });
  expect(
    new Set(calls.filter(({ event }) => event.data.id === first.id).map(({ event }) => event.id)).size,
  ).toBe(1);
});

test('a delivered event is sent again on demand, under its id', async () => {
  const { url, calls } = await receiver();
  const { id } = await stack.submit({ ...SUBMISSION, webhook: { url } });
  const call = await until(has(calls, id, 'job.completed'), { what: 'the event' });
  const list = await until(
    async () => {
      const page = await api<{ data: ShownWebhookDelivery[] }>(
        'GET',
        `/v1/webhook_deliveries?job=${id}&status=delivered`,
      );
      const own = page.data.filter(({ endpoint }) => endpoint === null);
      return own.length === 1 ? own : null;
    },
    { what: 'the delivery on record' },
  );
  const again = await api('POST', `/v1/webhook_deliveries/${list[0]?.id}/redeliver`);
  expect(again).toMatchObject({ status_code: 202, status: 'pending', event_id: call.event.id });
  await until(() => calls.length === 2, { what: 'the second call' });
  expect(calls[1]?.event.id).toBe(call.event.id);
  expect(calls[1]?.headers['webhook-id']).toBe(call.event.id);
});

test("another tenant's endpoints and deliveries answer the same 404 as none", async () => {
  const { url } = await receiver();
  const endpoint = await create({ url, events: [] });
  const ping = await api<ShownWebhookDelivery>('POST', `/v1/webhook_endpoints/${endpoint.id}/ping`);
  const foreign = await newKey('nosy');
  const since = new Date().toISOString();
  for (const [method, path, body] of [
    ['GET', '/v1/webhook_endpoints/ID'],
    ['PATCH', '/v1/webhook_endpoints/ID', { description: 'mine' }],
    ['DELETE', '/v1/webhook_endpoints/ID'],
    ['POST', '/v1/webhook_endpoints/ID/enable'],
    ['POST', '/v1/webhook_endpoints/ID/ping'],
    ['POST', '/v1/webhook_endpoints/ID/rotate_secret'],
    ['POST', `/v1/webhook_endpoints/ID/recover?since=${since}`],
    ['GET', '/v1/webhook_deliveries/ID'],
    ['POST', '/v1/webhook_deliveries/ID/redeliver'],
  ] as const) {
    const id = path.includes('deliveries') ? ping.id : endpoint.id;
    const answers = await Promise.all(
      [id, `${id.slice(0, -1)}x`].map((each) =>
        api<{ error: object }>(method, path.replace('ID', each), body, foreign),
      ),
    );
    const shown = answers.map(({ error, status_code }) => ({ ...error, request_id: '', status_code }));
    expect(shown[0]).toMatchObject({ status_code: 404, code: 'not_found' });
    expect(shown[0]).toEqual(shown[1]);
  }
  expect(
    await api('GET', `/v1/webhook_deliveries?endpoint=${endpoint.id}`, undefined, foreign),
  ).toMatchObject({
    data: [],
  });
});

test.each([
  [{ url: 'http://10.0.0.1/x' }, 'invalid_webhook_url'],
  [{ url: 'http://example.com:25/x' }, 'invalid_webhook_url'],
  [{ url: 'https://example.com', headers: { Host: 'other' } }, 'invalid_request'],
  [{ url: 'https://example.com', headers: { 'webhook-id': 'x' } }, 'invalid_request'],
  [{ url: 'https://example.com', headers: { 'x-a': 'b\r\nc: d' } }, 'invalid_request'],
  [{ url: 'https://example.com', events: ['job.delta'] }, 'invalid_request'],
  [{ url: 'https://example.com', unknown: 1 }, 'invalid_request'],
])('%j is refused as %s', async (body, code) => {
  expect(await api('POST', '/v1/webhook_endpoints', body)).toMatchObject({
    status_code: 400,
    error: { code },
  });
});

test('the stream of webhook events carries what endpoints would get', async () => {
  const stop = new AbortController();
  const answer = await fetch(`${stack.url}/v1/webhook_events?events=job.completed`, {
    headers: { authorization: `Bearer ${stack.key}` },
    signal: stop.signal,
  });
  const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let seen = '';
  const readUntil = async (what: string): Promise<void> => {
    while (!seen.includes(what)) seen += (await reader.read()).value ?? '';
  };
  await readUntil('event: listening');
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const { id } = await stack.submit(SUBMISSION);
  await readUntil(`"id":"${id}"`);
  expect(seen).toContain('event: job.completed');
  stop.abort();
  await until(
    async () => (await api<{ data: object[] }>('GET', '/v1/webhook_endpoints')).status_code === 200,
    {
      what: 'the list',
    },
  );
});
