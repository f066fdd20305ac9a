import { afterAll, beforeAll, expect, test } from 'vitest';
import { tinyPng } from '../support/tiny-png.ts';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const post = async (path: string, body: object) => {
  const answer = await stack.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json(), job: answer.headers.get('x-sluice-job-id') };
};
const allNull = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, null]));
const messages = [{ role: 'user', content: 'Hello.' }];

/** Every field that openai-node types as nullable, and those that openai-python's users set to None. */
const CHAT = allNull(
  'audio frequency_penalty function_call functions logit_bias logprobs max_tokens max_completion_tokens metadata modalities moderation n parallel_tool_calls stop prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options',
);

test('a null option of a chat is one that was left out', async () => {
  const { status, body, job } = await post('/v1/chat/completions', { messages, ...CHAT });
  expect({ status, error: (body as { error?: object }).error }).toEqual({ status: 200, error: undefined });
  expect((await stack.job(job ?? '')).warnings).toEqual([]);
});

test('a null option of a submitted job, or of its request, is one that was left out', async () => {
  const options = allNull('route chain deadline within webhook task quality max_cost_usd retention cache');
  for (const path of ['/v1/jobs', '/v1/routes/explain']) {
    const { status } = await post(path, { ...options, request: { messages, ...CHAT } });
    expect({ path, status }).toEqual({ path, status: path === '/v1/jobs' ? 202 : 200 });
  }
});

test('a message that openai-python wrote out whole is taken back', async () => {
  const answer = { ...allNull('refusal annotations audio function_call tool_calls name') };
  const said = { role: 'assistant', content: 'Hello!', ...answer };
  const { status } = await post('/v1/chat/completions', {
    messages: [...messages, said, { role: 'user', content: 'Go on.', name: null }],
  });
  expect(status).toBe(200);
});

test('what clients add to an answer, and to the results of tools, is taken back and goes to no vendor', async () => {
  const tools = [
    { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
  ];
  const called = { name: 'look', arguments: '{}', parsed_arguments: {} };
  const history = [
    ...messages,
    { role: 'assistant', content: '{"a":1}', refusal: null, parsed: { a: 1 } },
    { role: 'user', content: 'And?' },
    {
      role: 'assistant',
      content: [{ type: 'text', text: 'So.', role: 'assistant', refusal: null, reasoning: 'Hm.' }],
    },
    { role: 'user', content: 'Look.' },
    { role: 'assistant', tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: called }] },
    { role: 'tool', tool_call_id: 'call_1', name: 'look', content: 'seen' },
  ];
  // The simulators refuse what their vendors do not know.
  for (const model of ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash']) {
    const { status, job } = await post('/v1/chat/completions', { model, messages: history, tools });
    expect({ model, status }).toEqual({ model, status: 200 });
    expect((await stack.job(job ?? '')).warnings).toEqual([]);
  }
});

test('the newest levels of effort and of detail are taken', async () => {
  const url = `data:image/png;base64,${tinyPng().toString('base64')}`;
  const content = [{ type: 'image_url', image_url: { url, detail: 'original' } }];
  const input_image = { type: 'input_image', image_url: url, detail: 'original' };
  for (const model of ['openai/gpt-5.4-mini', 'anthropic/claude-opus-5', 'google/gemini-2.5-flash']) {
    const chat = { model, reasoning_effort: 'max', messages: [{ role: 'user', content }] };
    const response = {
      model,
      reasoning: { effort: 'max' },
      input: [{ role: 'user', content: [input_image] }],
    };
    const answers = [await post('/v1/chat/completions', chat), await post('/v1/responses', response)];
    expect({ model, answers: answers.map(({ status }) => status) }).toEqual({ model, answers: [200, 200] });
  }
});

test('a null option of a response is one that was left out', async () => {
  const options = allNull('conversation instructions metadata previous_response_id prompt');
  const more = allNull('reasoning store temperature text tool_choice tools user');
  const { status } = await post('/v1/responses', { input: 'Hello.', ...options, ...more });
  expect(status).toBe(200);
});

test('both spellings of prompt_cache_retention are taken: openai-node 6 has one, 7 the other', async () => {
  for (const retention of ['in-memory', 'in_memory', '24h']) {
    const chat = await post('/v1/chat/completions', { messages, prompt_cache_retention: retention });
    const response = await post('/v1/responses', { input: 'Hello.', prompt_cache_retention: retention });
    expect([chat.status, response.status]).toEqual([200, 200]);
  }
});

test('what newer clients call the tiers is understood, and store is answered with a warning', async () => {
  const tierOf = async (service_tier: string) =>
    (await stack.job((await post('/v1/chat/completions', { messages, service_tier })).job ?? '')).tier;
  expect(await tierOf('fast')).toBe('priority');
  expect(await tierOf('scale')).toBe('standard');
  const stored = await post('/v1/chat/completions', { messages, store: true });
  expect((await stack.job(stored.job ?? '')).warnings).toEqual([
    expect.objectContaining({ code: 'parameter_dropped', param: 'store' }),
  ]);
});

test('null is still wrong where something is needed, and what is wrong is said once', async () => {
  const none = await post('/v1/chat/completions', { messages: null });
  expect(none).toMatchObject({ status: 400, body: { error: { param: 'messages' } } });
  const choice = await post('/v1/chat/completions', { messages, tool_choice: 5 });
  expect(choice.body).toMatchObject({
    error: {
      param: 'tool_choice',
      message: expect.stringMatching(/^tool_choice must be one of none, auto, required or an object\./),
    },
  });
});
