import { once } from 'node:events';
import { connect } from 'node:net';
import {
  createSimulatorClient,
  startSimulator,
  type Simulator,
  type SimulatorConfigInput,
} from '@sluice/simulator';
import { afterEach, describe, expect, test } from 'vitest';

const FAST = { p50_ms: 0, tokens_per_second: 0 };
const open: Simulator[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

async function start(config: SimulatorConfigInput): Promise<Simulator> {
  const simulator = await startSimulator({ config: { latency: FAST, ...config } });
  open.push(simulator);
  return simulator;
}

function withLimits(limits: object, models = {}): SimulatorConfigInput {
  return { accounts: { openai: { kind: 'openai', limits, models } } };
}

function call(url: string, body: object = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'hi' }];
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-x', 'x-sluice-job-id': 'job_1' },
    body: JSON.stringify({ model: 'gpt-4.1-mini', messages, max_tokens: 10, ...body }),
  });
}

async function statusesOf(url: string, count: number, body: object = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const response = await call(url, body);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

describe('limits', () => {
  test('the bucket lets the burst pass, refuses the next call and records it', async () => {
    const { control, urlFor } = await start(withLimits({ requests_per_minute: 6, burst_requests: 3 }));
    expect(await statusesOf(urlFor('openai'), 3)).toEqual([200, 200, 200]);
    expect(control.overshoots()).toEqual([]);
    const refused = await call(urlFor('openai'));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(8_000);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(refused.headers.get('x-ratelimit-limit-requests')).toBe('6');
    expect(control.overshoots()).toMatchObject([
      {
        call: 4,
        account: 'openai',
        model: null,
        dimension: 'requests',
        rule: 'bucket',
        limit: 3,
        refused: true,
      },
    ]);
    expect(control.overshoots()[0]!.observed).toBeGreaterThan(3);
  });

  test('a client that comes at the rate is never refused', async () => {
    const { control, urlFor } = await start(withLimits({ requests_per_minute: 6_000, burst_requests: 1 }));
    for (let index = 0; index < 20; index += 1) {
      expect((await call(urlFor('openai'))).status).toBe(200);
      // The answer comes after the arrival, so the next call can't arrive sooner than this.
      const next = performance.now() + 11;
      await expect.poll(() => performance.now() > next, { interval: 1 }).toBe(true);
    }
    expect(control.overshoots()).toEqual([]);
  });

  test('a window refuses what the bucket would let pass', async () => {
    const limits = { requests_per_minute: 3, burst_requests: 50, enforcement: 'window' };
    const { control, urlFor } = await start(withLimits(limits));
    expect(await statusesOf(urlFor('openai'), 5)).toEqual([200, 200, 200, 429, 429]);
    expect(control.overshoots().map(({ rule, limit, observed }) => [rule, limit, observed])).toEqual([
      ['window', 3, 4],
      ['window', 3, 4],
    ]);
  });

  test('tokens are counted as billed', async () => {
    const { control, urlFor } = await start(withLimits({ tokens_per_minute: 60, burst_tokens: 40 }));
    // 3 + 4 + 1 for the prompt and 10 for the answer: two fit into 40.
    expect(await statusesOf(urlFor('openai'), 3)).toEqual([200, 200, 429]);
    expect(control.overshoots()).toMatchObject([{ dimension: 'tokens', rule: 'bucket', limit: 40 }]);
    expect(control.bill()).toMatchObject([{ calls: 2, prompt_tokens: 16, completion_tokens: 20 }]);
  });

  test('concurrency counts calls at once and frees a slot before the last byte', async () => {
    const { control, urlFor } = await start(withLimits({ concurrency: 2 }));
    expect(await statusesOf(urlFor('openai'), 30)).not.toContain(429);
    expect(control.overshoots()).toEqual([]);
    control.setLatency({ latency: { p50_ms: 60_000 } });
    const leave = new AbortController();
    const held = [1, 2].map(() =>
      fetch(`${urlFor('openai')}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer k' },
        body: JSON.stringify({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'hi' }] }),
        signal: leave.signal,
      }).catch(() => null),
    );
    await expect
      .poll(() => control.limits().find(({ dimension }) => dimension === 'concurrency')?.remaining)
      .toBe(0);
    expect((await call(urlFor('openai'))).status).toBe(429);
    expect(control.overshoots()).toMatchObject([{ dimension: 'concurrency', limit: 2, observed: 3 }]);
    leave.abort();
    await Promise.all(held);
    await expect.poll(() => control.summary().running).toBe(0);
    expect(control.limits()).toMatchObject([{ dimension: 'concurrency', remaining: 2, peak: 3 }]);
  });

  test('a model has limits of its own beside the account, and both change at run time', async () => {
    const models = { 'gpt-4.1-mini': { limits: { requests_per_minute: 1, burst_requests: 1 } } };
    const { control, urlFor } = await start(
      withLimits({ requests_per_minute: 600, burst_requests: 10 }, models),
    );
    expect(await statusesOf(urlFor('openai'), 2)).toEqual([200, 429]);
    expect(await statusesOf(urlFor('openai'), 2, { model: 'gpt-4.1' })).toEqual([200, 200]);
    expect(control.overshoots()).toMatchObject([{ model: 'gpt-4.1-mini' }]);
    control.setLimits({ account: 'openai', model: 'gpt-4.1-mini', limits: null });
    expect(await statusesOf(urlFor('openai'), 2)).toEqual([200, 200]);
  });
});

describe('faults and records', () => {
  test('shares of several rules hit exactly their part of the calls, never the same one', async () => {
    const { control, urlFor } = await start({
      faults: [
        { account: 'openai', kind: 'unavailable', probability: 0.5 },
        { account: 'openai', kind: 'rate_limited', probability: 0.25 },
      ],
    });
    const statuses = await statusesOf(urlFor('openai'), 200);
    const share = (status: number): number => statuses.filter((each) => each === status).length / 200;
    expect(share(503)).toBeGreaterThan(0.4);
    expect(share(503)).toBeLessThan(0.6);
    expect(share(429)).toBeGreaterThan(0.15);
    expect(share(429)).toBeLessThan(0.35);
    expect(control.calls().map((record) => record.status)).toEqual(statuses);
    // A 429 that was switched on is a fault, not an overshoot of the caller.
    expect(control.overshoots()).toEqual([]);
  });

  test('a record tells what came and what went', async () => {
    const { control, urlFor } = await start({});
    await statusesOf(urlFor('openai'), 1);
    const [record] = control.calls();
    expect(record).toMatchObject({
      n: 1,
      account: 'openai',
      vendor: 'openai',
      model: 'gpt-4.1-mini',
      path: '/v1/chat/completions',
      key: 'sk***',
      stream: false,
      status: 200,
      fault: null,
      prompt_tokens: 8,
      completion_tokens: 10,
      aborted: false,
      job_id: 'job_1',
      retry_count: null,
    });
    expect(Math.abs(record!.at_ms - Date.now())).toBeLessThan(5_000);
    expect(record!.latency_ms).toBeGreaterThanOrEqual(0);
    expect(JSON.parse(record!.request_body!)).toMatchObject({ model: 'gpt-4.1-mini' });
    expect(record!.request_hash).toMatch(/^[0-9a-f]{64}$/);
  });

  test('an account with its own port refuses connections while the fault stands', async () => {
    const { control, urlFor } = await start({
      accounts: { openai: { kind: 'openai', dedicated_port: true } },
    });
    const { port } = new URL(urlFor('openai'));
    expect((await call(urlFor('openai'))).status).toBe(200);
    await control.setFaults([{ account: 'openai', kind: 'connection_refused' }]);
    const socket = connect(Number(port), '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await control.setFaults([]);
    expect((await call(urlFor('openai'))).status).toBe(200);
  });

  test('latency follows the profile', async () => {
    const { control, urlFor } = await start({ latency: { p50_ms: 40, p95_ms: 60, p99_ms: 80 } });
    await Promise.all(Array.from({ length: 40 }, () => call(urlFor('openai'))));
    const latencies = control.calls().map((record) => record.latency_ms!);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(19);
    const sorted = latencies.toSorted((left, right) => left - right);
    expect(sorted[20]).toBeGreaterThan(30);
  });

  test('closing ends calls that hang', async () => {
    const { control, urlFor, close } = await start({
      faults: [{ account: '*', kind: 'hang_before_headers' }],
    });
    const hanging = call(urlFor('openai')).then(
      () => 'answered',
      () => 'cut',
    );
    await expect.poll(() => control.summary().running).toBe(1);
    await close();
    expect(await hanging).toBe('cut');
  });
});

describe('control routes', () => {
  test('a client in another process can do all that control can', async () => {
    const { url, urlFor, control } = await start({});
    const client = createSimulatorClient(url);
    await client.setFaults([{ account: 'openai', kind: 'unavailable', times: 1 }]);
    await client.setLimits({ account: 'openai', limits: { requests_per_minute: 6, burst_requests: 1 } });
    await client.setLatency({ account: 'openai', latency: { p50_ms: 1 } });
    expect(await statusesOf(urlFor('openai'), 2)).toEqual([503, 429]);
    expect(await client.calls({ account: 'openai', since: 1 })).toEqual(control.calls({ since: 1 }));
    expect(await client.overshoots()).toEqual(control.overshoots());
    expect(await client.bill()).toEqual(control.bill());
    expect(await client.faults()).toEqual(control.faults());
    expect((await client.limits()).map(({ limit }) => limit)).toEqual([6]);
    expect((await client.latency())['openai']).toMatchObject({ p50_ms: 1 });
    expect(await client.summary()).toMatchObject({ calls: 2, running: 0, overshoots: 1 });
    await client.reset();
    expect(await client.summary()).toEqual({ calls: 0, running: 0, overshoots: 0, cost_usd: 0 });
    expect(await client.limits()).toEqual([]);
    expect(await client.faults()).toEqual([]);
  });

  test('bad control requests are a 400 that says why', async () => {
    const { url } = await start({});
    const client = createSimulatorClient(url);
    await expect(client.setFaults([{ account: 'nobody', kind: 'unavailable' }])).rejects.toThrow(
      /answered 400.*nobody/,
    );
    await expect(client.setFaults([{ account: 'openai', kind: 'earthquake' as never }])).rejects.toThrow(
      /answered 400.*kind/,
    );
    const broken = await fetch(`${url}/_control/faults`, { method: 'PUT', body: '[' });
    expect([broken.status, await broken.json()]).toMatchObject([400, { error: { code: 'invalid_json' } }]);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'ok' });
  });

  test('a bad configuration is refused at the start', async () => {
    await expect(startSimulator({ config: { accounts: { v1: { kind: 'openai' } } } })).rejects.toThrow(
      'path of the simulator',
    );
    await expect(startSimulator({ config: { latency: { p50_ms: 9, p95_ms: 3 } } })).rejects.toThrow(
      'percentiles',
    );
  });
});
