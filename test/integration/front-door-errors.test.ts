import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack({
    config: {
      models: { 'openai/small': { max_input_tokens: 100 } },
      retries: { attempts_per_target: 1, base_delay: '10ms', max_delay: '20ms' },
      routes: {
        default: { targets: ['openai/gpt-5.4-mini'], rounds: 1 },
        pair: { targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'], rounds: 1 },
      },
    },
  });
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterEach(() => stack.simulator.control.reset());
afterAll(() => stack.close());

const messages = [{ role: 'user' as const, content: 'Say hello.' }];
const chat = (body: object = {}, headers: Record<string, string> = {}) =>
  client.chat.completions.create({ model: 'default', messages, ...body } as never, { headers });

test.each([
  ['context_window', 400, 'context_length_exceeded', 'invalid_request_error'],
  ['refusal', 400, 'content_filter', 'invalid_request_error'],
  ['server_error', 502, 'all_targets_failed', 'server_error'],
  ['unauthorized', 502, 'all_targets_failed', 'server_error'],
  ['billing', 502, 'all_targets_failed', 'server_error'],
] as const)('a job that fails by %s is HTTP %i %s', async (kind, status, code, type) => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind }]);
  for (const stream of [false, true]) {
    const error = await chat({ stream }).then(
      () => null,
      (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
    );
    expect(error).toMatchObject({ status, code, type });
    expect(error?.headers?.get('x-should-retry')).toBe('false');
    expect(error?.headers?.get('x-sluice-job-id')).toMatch(/^job_/);
    expect(error?.requestID).not.toBe('');
  }
});

test('a request that every target refuses, each for itself, is a 400', async () => {
  const image = { type: 'image_url', image_url: { url: 'https://nowhere.invalid/a.png' } };
  const body = {
    model: 'google/gemini-2.5-flash',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Look.' }, image] }],
  };
  await expect(chat(body)).rejects.toMatchObject({
    status: 400,
    code: 'all_targets_failed',
    type: 'invalid_request_error',
    message: expect.stringMatching(/nowhere\.invalid/),
  });
  expect(stack.simulator.control.summary().calls).toBe(0);
});

test('the client does not repeat what the broker has tried', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error' }]);
  const eager = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 3 });
  await expect(eager.chat.completions.create({ model: 'default', messages })).rejects.toMatchObject({
    status: 502,
  });
  const jobs = (await (await stack.request('/v1/jobs?status=failed&limit=1')).json()) as {
    data: { attempts: object[] }[];
  };
  expect(stack.simulator.control.summary().calls).toBe(jobs.data[0]?.attempts.length);
});

test('a deadline that passes is 504', async () => {
  stack.simulator.control.setLatency({ latency: { p50_ms: 60_000 } });
  await expect(chat({}, { 'x-sluice-within': '300ms' })).rejects.toMatchObject({
    status: 504,
    code: 'expired',
  });
});

test('a job that somebody else cancels is 409', async () => {
  stack.simulator.control.setLatency({ latency: { p50_ms: 60_000 } });
  const call = chat({}, { 'x-sluice-tags': 'to-cancel' });
  call.catch(() => undefined);
  await expect
    .poll(async () => {
      const { data } = (await (await stack.request('/v1/jobs?tag=to-cancel')).json()) as {
        data: { id: string }[];
      };
      return data[0] && (await stack.request(`/v1/jobs/${data[0].id}/cancel`, { method: 'POST' })).status;
    })
    .toBe(200);
  await expect(call).rejects.toMatchObject({ status: 409, code: 'cancelled' });
});

test.each<[string, object, Record<string, string>, string, string]>([
  ['an unknown header', {}, { 'x-sluice-tire': 'flex' }, 'invalid_request', 'x-sluice-tire'],
  ['a wrong value', {}, { 'x-sluice-tier': 'urgent' }, 'invalid_request', 'x-sluice-tier'],
  ['no JSON', {}, { 'x-sluice-metadata': 'a=b' }, 'invalid_request', 'x-sluice-metadata'],
  ['an unsupported option', {}, { 'x-sluice-template': '{}' }, 'unsupported_option', 'x-sluice-template'],
  ['a quality that is none', {}, { 'x-quality-hint': 'best' }, 'invalid_request', 'x-quality-hint'],
  [
    'a cap that is no number',
    {},
    { 'x-sluice-max-cost-usd': '1 $' },
    'invalid_request',
    'x-sluice-max-cost-usd',
  ],
  [
    'a cap below every price',
    {},
    { 'x-sluice-max-cost-usd': '1e-9' },
    'no_eligible_target',
    'x-sluice-max-cost-usd',
  ],
  [
    'a region that nothing is in',
    {},
    { 'x-sluice-residency': 'mars' },
    'no_eligible_target',
    'x-sluice-residency',
  ],
  [
    'two targets of a chain that are none',
    {},
    { 'x-sluice-chain': 'a,b' },
    'invalid_request',
    'x-sluice-chain',
  ],
  ['an unknown route', {}, { 'x-sluice-route': 'nowhere' }, 'unknown_route', 'x-sluice-route'],
  [
    'a private webhook',
    {},
    { 'x-sluice-webhook': 'http://10.0.0.1/' },
    'invalid_webhook_url',
    'x-sluice-webhook',
  ],
  ['an unknown model', { model: 'gpt-none' }, {}, 'unknown_model', 'model'],
  ['an old parameter', { functions: [] }, {}, 'unsupported_option', 'functions'],
  ['an unknown field', { temprature: 1 }, {}, 'invalid_request', 'temprature'],
  [
    'an unknown response_format',
    { response_format: { type: 'xml' } },
    {},
    'invalid_request',
    'response_format.type',
  ],
])('%s is refused by name before a job exists', async (_what, body, headers, code, param) => {
  await expect(chat(body, headers)).rejects.toMatchObject({ status: 400, code, param });
  expect(stack.simulator.control.summary().calls).toBe(0);
});

test('a request that no target can take names each and why; one that some can take is run by them', async () => {
  const long = [{ role: 'user', content: 'word '.repeat(2_000) }];
  const refused = chat({ model: 'openai/small', messages: long });
  await expect(refused).rejects.toMatchObject({
    status: 400,
    code: 'no_eligible_target',
    message: expect.stringContaining('openai/small'),
  });
  expect(stack.simulator.control.summary().calls).toBe(0);
  const { response } = await client.chat.completions
    .create({ model: 'ignored', messages: long } as never, {
      headers: { 'x-sluice-chain': 'openai/small, anthropic/claude-haiku-4-5' },
    })
    .withResponse();
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(job.chain).toEqual(['anthropic/claude-haiku-4-5']);
  expect(job.warnings).toContainEqual(
    expect.objectContaining({ code: 'target_skipped', target: 'openai/small' }),
  );
});

test('options come as headers and are those of the job', async () => {
  const { response } = await client.chat.completions
    .create(
      { model: 'any-name-at-all', messages, metadata: { a: '1', b: '2' }, service_tier: 'priority' },
      {
        headers: {
          'x-sluice-route': 'pair',
          'x-sluice-tier': 'flex',
          'x-sluice-tags': 'one, two',
          'x-sluice-task': 'chat',
          'x-sluice-metadata': '{"b":"3"}',
          'x-sluice-within': '1m',
        },
      },
    )
    .withResponse();
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(job).toMatchObject({
    route: 'pair',
    tier: 'flex',
    tags: ['one', 'two'],
    task: 'chat',
    metadata: { a: '1', b: '3' },
  });
  expect(Date.parse(job.deadline) - Date.parse(job.created_at)).toBe(60_000);
});

test('the same Idempotency-Key gets the same answer, and another body is refused', async () => {
  const headers = { 'idempotency-key': 'front-door-1' };
  const both = await Promise.all([chat({}, headers), chat({}, headers)]);
  const again = await chat({}, headers);
  expect(new Set([...both, again].map((completion) => JSON.stringify(completion))).size).toBe(1);
  expect(stack.simulator.control.summary().calls).toBe(1);
  await expect(chat({ temperature: 1 }, headers)).rejects.toMatchObject({ status: 422 });
});
