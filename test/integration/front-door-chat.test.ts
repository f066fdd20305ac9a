import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack();
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterEach(() => stack.simulator.control.reset());
afterAll(() => stack.close());

const MESSAGES = [{ role: 'user' as const, content: 'Say hello.' }];
const TARGETS = ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'];

describe.each(TARGETS)('the official client with %s behind the front door', (model) => {
  test('a plain completion', async () => {
    const { data, response } = await client.chat.completions
      .create({ model, messages: MESSAGES, service_tier: 'priority' })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{30}$/),
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
    });
    expect(data.choices[0]?.message.content).not.toBe('');
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'x-sluice-target': model,
      'x-sluice-attempts': '1',
      'x-sluice-cache': 'off',
    });
    expect(Number(headers['x-sluice-cost-usd'])).toBeGreaterThan(0);
    const job = await stack.job(headers['x-sluice-job-id'] ?? '');
    expect(job).toMatchObject({ status: 'completed', tier: 'priority' });
    expect(job.result?.choices).toEqual(data.choices);
  });

  test('a JSON object of no schema, which is not empty', async () => {
    const messages = [{ role: 'user' as const, content: 'Write JSON about hats.' }];
    const { choices } = await client.chat.completions.create({
      model,
      messages,
      response_format: { type: 'json_object' },
    });
    expect(Object.keys(JSON.parse(choices[0]?.message.content ?? '') as object)).not.toEqual([]);
  });

  test('a conversation that the assistant begins, with a greeting or a call', async () => {
    const call = { id: 'call_1', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    const greeting = { role: 'assistant' as const, content: 'How can I help?' };
    const called = [
      { role: 'assistant' as const, content: null, tool_calls: [call] },
      { role: 'tool' as const, tool_call_id: 'call_1', content: 'done' },
    ];
    const tools = [{ type: 'function' as const, function: { name: 'f' } }];
    const greeted = await client.chat.completions.create({ model, messages: [greeting, ...MESSAGES] });
    const kept = await client.chat.completions.create({ model, messages: [...called, ...MESSAGES], tools });
    expect(greeted.choices[0]?.message.content).not.toBe('');
    expect(kept.choices[0]?.message.content).not.toBe('');
  });

  test('a streamed completion', async () => {
    const { data: stream, response } = await client.chat.completions
      .create({ model, messages: MESSAGES, stream: true, stream_options: { include_usage: true } })
      .withResponse();
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(job.result?.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: job.result?.usage });
    expect(response.headers.get('x-sluice-target')).toBe(model);
  });
});

test.each([false, true])(
  'two answers to one prompt, where the vendor gives them (stream: %s)',
  async (stream) => {
    for (const model of ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash']) {
      const body = { model, messages: MESSAGES, n: 2 };
      const { choices } = stream
        ? await client.chat.completions.stream(body).finalChatCompletion()
        : await client.chat.completions.create(body);
      expect(choices.map(({ index }) => index)).toEqual([0, 1]);
      for (const choice of choices) {
        expect(choice.finish_reason).toBe('stop');
        expect(choice.message.content).not.toBe('');
      }
    }
  },
);

test('of a chain, vendors that give one answer are passed over when two are asked for, with a warning', async () => {
  const { response } = await client.chat.completions
    .create(
      { model: 'default', messages: MESSAGES, n: 2 },
      { headers: { 'x-sluice-chain': 'anthropic/claude-haiku-4-5, google/gemini-2.5-flash' } },
    )
    .withResponse();
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(job.chain).toEqual(['google/gemini-2.5-flash']);
  expect(job.warnings).toContainEqual(
    expect.objectContaining({ code: 'target_skipped', target: 'anthropic/claude-haiku-4-5' }),
  );
});

test('the helper that gathers a stream gets the same completion as a plain call', async () => {
  const gathered = await client.chat.completions
    .stream({ model: 'openai/gpt-5.4-mini', messages: MESSAGES })
    .finalChatCompletion();
  expect(gathered.choices[0]?.message.content).not.toBe('');
});

test('an early failure of a stream still moves to the next target, without a trace in the stream', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error' }]);
  const stream = await client.chat.completions.create({ model: 'default', messages: MESSAGES, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  expect(text).not.toBe('');
});

test('a stream that breaks after its first content ends with an error chunk', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const stream = await client.chat.completions.create({ model: 'default', messages: MESSAGES, stream: true });
  const read = async (): Promise<void> => {
    for await (const _ of stream);
  };
  await expect(read()).rejects.toMatchObject({ code: 'truncated' });
});

test('with on-stream-failure: restart the stream says so and begins anew', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const { data: stream, response } = await client.chat.completions
    .create(
      { model: 'default', messages: MESSAGES, stream: true },
      { headers: { 'x-sluice-on-stream-failure': 'restart' } },
    )
    .withResponse();
  let text = '';
  let restarts = 0;
  for await (const chunk of stream) {
    if ('sluice' in chunk) {
      text = '';
      restarts += 1;
    }
    text += chunk.choices[0]?.delta.content ?? '';
  }
  const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
  expect(restarts).toBeGreaterThan(0);
  expect(text).toBe(job.result?.choices[0]?.message.content);
});

test.each(TARGETS)('of a stream that its caller leaves, what %s has sent is booked', async (model) => {
  stack.simulator.control.setLatency({ latency: { p50_ms: 5, tokens_per_second: 40 } });
  const { data: stream, response } = await client.chat.completions
    .create({ model, messages: [{ role: 'user', content: 'Tell me a long story.' }], stream: true })
    .withResponse();
  let text = '';
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    if (text.length >= 80) break;
  }
  const job = await stack.ended(response.headers.get('x-sluice-job-id') ?? '');
  expect(job).toMatchObject({ status: 'cancelled', usage: { prompt_tokens: expect.any(Number) } });
  expect(job.usage?.completion_tokens).toBeGreaterThanOrEqual(text.length / 8);
  expect(job.cost_usd).toBeGreaterThan(0);
});

test.each([true, false])('a caller that hangs up cancels its job (stream: %s)', async (stream) => {
  const { control } = stack.simulator;
  // Probes of targets that earlier tests made fail are no calls of this test.
  control.setLatency({ account: 'google', latency: { p50_ms: 60_000 } });
  const abort = new AbortController();
  const call = client.chat.completions.create(
    { model: 'google/gemini-2.5-flash', messages: MESSAGES, stream },
    { signal: abort.signal, headers: { 'x-sluice-tags': `hang-up-${stream}` } },
  );
  await until(() => control.summary().running === 1, { what: 'the call' });
  abort.abort();
  await expect(call).rejects.toThrow(/abort/i);
  await until(() => control.summary().running === 0, { what: 'the end of the call' });
  const job = await until(
    async () => {
      const list = (await (await stack.request(`/v1/jobs?tag=hang-up-${stream}`)).json()) as {
        data: { status: string }[];
      };
      return list.data[0]?.status === 'cancelled' && list.data[0];
    },
    { what: 'the cancelled job' },
  );
  expect(job.status).toBe('cancelled');
});

test('models are routes, targets and plain names, and each can be read', async () => {
  const models = (await client.models.list()).data;
  const ids = models.map(({ id }) => id);
  expect(ids).toEqual(expect.arrayContaining(['default', 'openai/gpt-5.4-mini', 'gpt-5.4-mini']));
  expect(new Set(ids).size).toBe(ids.length);
  expect(await client.models.retrieve('openai/gpt-5.4-mini')).toMatchObject({
    id: 'openai/gpt-5.4-mini',
    object: 'model',
    owned_by: 'openai',
  });
  const plain = await stack.request('/v1/models/openai/gpt-5.4-mini');
  expect(plain.status).toBe(200);
  await expect(client.models.retrieve('no-such-model')).rejects.toMatchObject({ status: 404 });
});
