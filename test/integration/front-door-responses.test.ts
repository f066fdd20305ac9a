import OpenAI from 'openai';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack({
    simulator: { latency: { p50_ms: 5, tokens_per_second: 400 }, answer_tokens: { min: 40, max: 50 } },
  });
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterEach(() => stack.simulator.control.reset());
afterAll(() => stack.close());

const TARGETS = ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'];

describe.each(TARGETS)('the official client with %s behind /v1/responses', (model) => {
  test('a plain response', async () => {
    const { data, response } = await client.responses
      .create({ model, instructions: 'Be brief.', input: 'Say hello.', metadata: { a: 'b' } })
      .withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^resp_[0-9a-f]{30}$/),
      object: 'response',
      status: 'completed',
      background: false,
      instructions: 'Be brief.',
      metadata: { a: 'b' },
      error: null,
      output: [{ type: 'message', role: 'assistant', status: 'completed' }],
    });
    expect(data.output_text).not.toBe('');
    expect(data.usage?.total_tokens).toBeGreaterThan(0);
    const job = await stack.job(response.headers.get('x-sluice-job-id') ?? '');
    expect(job.result?.choices[0]?.message.content).toBe(data.output_text);
    expect(await client.responses.retrieve(data.id)).toEqual(expect.objectContaining({ ...data }));
  });

  test('a background response that is polled', async () => {
    const created = await client.responses.create({ model, input: 'Say hello.', background: true });
    expect(created).toMatchObject({ status: 'queued', output: [], background: true });
    const ended = await until(
      async () => {
        const response = await client.responses.retrieve(created.id);
        return response.status !== 'queued' && response.status !== 'in_progress' && response;
      },
      { what: 'the end of the response' },
    );
    expect(ended.status).toBe('completed');
    expect(ended.output_text).not.toBe('');
  });

  test('a background stream that is left and resumed brings every event once', async () => {
    const stream = await client.responses.create({ model, input: 'Go on.', background: true, stream: true });
    const seen: ResponseStreamEvent[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length === 6) break;
    }
    const { id } = (seen[0] as { response: Response }).response;
    const resumed = await client.responses.retrieve(id, {
      stream: true,
      starting_after: seen.at(-1)?.sequence_number ?? 0,
    });
    for await (const event of resumed) seen.push(event);
    expect(seen.map(({ sequence_number: number }) => number)).toEqual(seen.map((_, index) => index));
    const { response } = seen.at(-1) as { response: Response };
    const text = seen
      .map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''))
      .join('');
    expect(response.status).toBe('completed');
    expect(response.output[0]).toMatchObject({ content: [{ type: 'output_text', text }] });
    expect((await client.responses.retrieve(id)).output_text).toBe(text);
    // Read from the start, it is the same stream.
    const again: ResponseStreamEvent[] = [];
    for await (const event of await client.responses.retrieve(id, { stream: true })) again.push(event);
    expect(again).toEqual(seen);
  });
});

test('the helper that gathers a stream gets the final response', async () => {
  const final = await client.responses
    .stream({ model: 'openai/gpt-5.4-mini', input: 'Say hello.' })
    .finalResponse();
  expect(final.status).toBe('completed');
  expect(final.output_text).not.toBe('');
});

test('a background response is cancelled, erased, and then gone', async () => {
  stack.simulator.control.setLatency({ latency: { p50_ms: 60_000 } });
  const { id } = await client.responses.create({ model: TARGETS[0] ?? '', input: 'Wait.', background: true });
  expect((await client.responses.cancel(id)).status).toBe('cancelled');
  await client.responses.delete(id);
  await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
});

test('a response that is not in the background can not be cancelled, and a chat is no response', async () => {
  const { id } = await client.responses.create({ model: TARGETS[0] ?? '', input: 'Hello.' });
  await expect(client.responses.cancel(id)).rejects.toMatchObject({ status: 400 });
  const chat = await client.chat.completions.create({
    model: TARGETS[0] ?? '',
    messages: [{ role: 'user', content: 'Hello.' }],
  });
  await expect(client.responses.retrieve(chat.id.replace('chatcmpl-', 'resp_'))).rejects.toMatchObject({
    status: 404,
  });
});

test('a stream that breaks ends with response.failed', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const events: ResponseStreamEvent[] = [];
  for await (const event of await client.responses.create({
    model: 'default',
    input: 'Go on.',
    stream: true,
  })) {
    events.push(event);
  }
  expect(events.at(-1)).toMatchObject({
    type: 'response.failed',
    response: { status: 'failed', error: { code: 'server_error' } },
  });
});

test('with on-stream-failure: restart a stream that breaks says so, begins anew and completes', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'cut_stream', after_tokens: 5 }]);
  const stream = await client.responses.create(
    { model: 'default', input: 'Go on.', stream: true },
    { headers: { 'x-sluice-on-stream-failure': 'restart' } },
  );
  let text = '';
  const types = new Set<string>();
  for await (const event of stream) {
    types.add(event.type);
    if ((event.type as string) === 'response.restarted') text = '';
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.completed') expect(event.response.output_text ?? text).toBe(text);
  }
  expect(text).not.toBe('');
  expect([...types]).toEqual(expect.arrayContaining(['response.restarted', 'response.completed']));
});

test.each([
  ['conversation', { conversation: 'conv_1' }],
  ['tools.0.type', { tools: [{ type: 'web_search' }] }],
])('%s is refused by name', async (param, fields) => {
  const create = client.responses.create({ model: TARGETS[0] ?? '', input: 'Hello.', ...(fields as object) });
  await expect(create).rejects.toMatchObject({ status: 400, param, code: 'unsupported_option' });
});

const TOOL = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

describe.each(TARGETS)('earlier responses of %s', (model) => {
  test('are gone on with by previous_response_id, tool calls included, without their instructions', async () => {
    const first = await client.responses.create({
      model,
      instructions: 'Be brief.',
      input: 'The weather in both Paris and Rome?',
      tools: [TOOL],
    });
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls).toHaveLength(2);
    const outputs = calls.map(({ call_id }) => ({
      type: 'function_call_output' as const,
      call_id,
      output: 'sun',
    }));
    const second = await client.responses.create({
      model,
      previous_response_id: first.id,
      input: outputs,
      tools: [TOOL],
    });
    expect(second.output_text).toContain('sun');
    expect(second).toMatchObject({ previous_response_id: first.id, instructions: null });
    const third = await client.responses.create({
      model,
      previous_response_id: second.id,
      input: 'And tomorrow?',
      tools: [TOOL],
      stream: true,
    });
    const events: ResponseStreamEvent[] = [];
    for await (const event of third) events.push(event);
    const last = events.at(-1) as { response: Response };
    expect(last.response).toMatchObject({ status: 'completed', previous_response_id: second.id });
    expect(last.response.usage?.input_tokens).toBeGreaterThan(second.usage?.total_tokens ?? Infinity);
  });

  test('are referred to by item, as the Vercel AI SDK does', async () => {
    const first = await client.responses.create({
      model,
      input: 'The weather in Paris?',
      tools: [TOOL],
      reasoning: { effort: 'low' },
    });
    const calls = first.output.filter((item) => item.type === 'function_call');
    const input = [
      { role: 'user' as const, content: 'The weather in Paris?' },
      ...first.output.map(({ id }) => ({ type: 'item_reference' as const, id: id ?? '' })),
      ...calls.map(({ call_id }) => ({
        type: 'function_call_output' as const,
        call_id,
        output: 'sun',
      })),
    ];
    const second = await client.responses.create({
      model,
      input,
      tools: [TOOL],
      reasoning: { effort: 'low' },
    });
    expect(second.output_text).toContain('sun');
  });
});

test('what is not kept, or not of this tenant, is named', async () => {
  const create = (fields: object) => client.responses.create({ model: 'default', input: 'Hi.', ...fields });
  const forgotten = await create({ store: false });
  const { id: chat } = await client.chat.completions.create({
    model: 'default',
    messages: [{ role: 'user', content: 'Hello.' }],
  });
  for (const id of ['resp_1', forgotten.id, chat.replace('chatcmpl-', 'resp_')]) {
    await expect(create({ previous_response_id: id })).rejects.toMatchObject({
      status: 400,
      param: 'previous_response_id',
    });
  }
  for (const id of ['msg_1', 'item_5', chat.replace('chatcmpl-', 'msg_')]) {
    const input = [{ type: 'item_reference', id }];
    await expect(create({ input })).rejects.toMatchObject({ status: 400, param: 'input.0.id' });
  }
});

test('what is wrong with an input is said of the item that was meant, by the names of the caller', async () => {
  const refusal = (fields: object) =>
    client.responses.create({ model: 'openai/gpt-5.4-mini', ...fields } as never).then(
      () => null,
      (error: InstanceType<typeof OpenAI.APIError>) => [error.param, error.message],
    );
  const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
  expect(await refusal({ input: [call] })).toEqual(['input', expect.stringMatching(/"c1" has no result/)]);
  expect(await refusal({ input: [{ type: 'web_search_call', id: 'ws_1' }] })).toEqual([
    'input.0.type',
    expect.stringMatching(/must be one of message, function_call, function_call_output, reasoning, item_ref/),
  ]);
  const content = [{ type: 'input_image', image_url: 'https://a.b/c.png', detail: 'tiny' }];
  expect(await refusal({ input: [{ role: 'user', content }] })).toEqual([
    'input.0.content.0.detail',
    expect.stringMatching(/auto, low, high, original/),
  ]);
  expect(await refusal({ input: 'Hi.', tool_choice: { type: 'web_search_preview' } })).toEqual([
    'tool_choice.type',
    expect.stringMatching(/must be one of function, allowed_tools/),
  ]);
  expect(await refusal({ input: [{ role: 'robot', content: 'Hi.' }] })).toEqual([
    'input.0.role',
    expect.stringMatching(/assistant, user, system, developer/),
  ]);
});

test('background and store: false exclude each other; store: false alone keeps no request', async () => {
  const background = client.responses.create({ input: 'Hello.', background: true, store: false });
  await expect(background).rejects.toMatchObject({ status: 400, param: 'store' });
  const { data, response } = await client.responses
    .create({ model: 'default', input: 'Hello.', store: false })
    .withResponse();
  expect(data.output_text).not.toBe('');
  const retry = await stack.request(`/v1/jobs/${response.headers.get('x-sluice-job-id')}/retry`, {
    method: 'POST',
  });
  expect(retry.status).toBe(400);
});
