import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
let client: OpenAI;
beforeAll(async () => {
  stack = await startStack();
  client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
});
afterAll(() => stack.close());

const TARGETS = ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'];

const parameters = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const WEATHER: ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', description: 'The weather of a city.', parameters },
};
const QUESTION: ChatCompletionMessageParam = {
  role: 'user',
  content: 'What is the weather in both Paris and Rome?',
};
/** 1 × 1, red. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

describe.each(TARGETS)('the official client with %s behind the front door', (model) => {
  test('a tool loop with two parallel calls', async () => {
    const messages: ChatCompletionMessageParam[] = [QUESTION];
    const asked = await client.chat.completions.create({ model, messages, tools: [WEATHER] });
    const [choice] = asked.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    const calls = choice?.message.tool_calls ?? [];
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    messages.push(choice?.message as ChatCompletionMessageParam, ...calls.map(answerOf));
    messages.push({ role: 'user', content: 'Thank you. Say it in one sentence.' });
    const answered = await client.chat.completions.create({ model, messages, tools: [WEATHER] });
    expect(answered.choices[0]).toMatchObject({ finish_reason: 'stop' });
    expect(answered.choices[0]?.message.content).not.toBe('');
  });

  test('the same calls in a stream', async () => {
    const stream = client.chat.completions.stream({ model, messages: [QUESTION], tools: [WEATHER] });
    const { choices } = await stream.finalChatCompletion();
    const calls = choices[0]?.message.tool_calls ?? [];
    expect(choices[0]?.finish_reason).toBe('tool_calls');
    expect(
      calls.map(
        (call) => call.type === 'function' && Object.keys(JSON.parse(call.function.arguments) as object),
      ),
    ).toEqual([['city'], ['city']]);
  });

  test('a structured answer', async () => {
    const Person = z.object({ name: z.string(), age: z.number().int(), tags: z.array(z.string()) });
    const completion = await client.chat.completions.parse({
      model,
      messages: [{ role: 'user', content: 'Describe a person.' }],
      response_format: zodResponseFormat(Person, 'person'),
    });
    expect(Person.parse(completion.choices[0]?.message.parsed)).toBeDefined();
    expect(completion.choices[0]?.finish_reason).toBe('stop');
  });

  test('an image', async () => {
    const completion = await client.chat.completions.create({
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          ],
        },
      ],
    });
    expect(completion.choices[0]?.message.content).not.toBe('');
  });

  test('a tool loop over responses, in a stream', async () => {
    const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: true }];
    const first = await client.responses
      .stream({ model, input: QUESTION.content as string, tools })
      .finalResponse();
    const calls = first.output.filter((item) => item.type === 'function_call');
    expect(calls).toHaveLength(2);
    const second = await client.responses.create({
      model,
      tools,
      input: [
        { role: 'user', content: QUESTION.content as string },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        ...calls.map((call) => ({
          type: 'function_call_output' as const,
          call_id: call.call_id,
          output: 'Sunny.',
        })),
        { role: 'user', content: 'Thank you. Say it in one sentence.' },
      ],
    });
    expect(second.status).toBe('completed');
    expect(second.output_text).not.toBe('');
  });
});

test('a conversation of five turns goes from vendor to vendor and its history breaks none of them', async () => {
  const messages: ChatCompletionMessageParam[] = [];
  const chain = [TARGETS[0], TARGETS[1], TARGETS[2], TARGETS[1], TARGETS[0]];
  const seen: string[] = [];
  for (const [turn, model] of chain.entries()) {
    messages.push({ role: 'user', content: `What is the weather in both Paris and Rome on day ${turn}?` });
    const { data: asked } = await ask(model, messages);
    const message = asked.choices[0]?.message;
    expect(message?.tool_calls).toHaveLength(2);
    messages.push(message as ChatCompletionMessageParam, ...(message?.tool_calls ?? []).map(answerOf));
    messages.push({ role: 'user', content: 'Thank you. Say it in one sentence.' });
    const { data: answered, response } = await ask(model, messages);
    messages.push(answered.choices[0]?.message as ChatCompletionMessageParam);
    seen.push(response.headers.get('x-sluice-target') ?? '');
  }
  expect(seen).toEqual(chain);
});

test('a job whose first vendors fail takes a history with tools and thoughts to the next', async () => {
  const { control } = stack.simulator;
  const messages: ChatCompletionMessageParam[] = [QUESTION];
  const { data } = await ask(TARGETS[0], messages);
  messages.push(data.choices[0]?.message as ChatCompletionMessageParam);
  messages.push(...(data.choices[0]?.message.tool_calls ?? []).map(answerOf));
  await control.setFaults([
    { account: 'openai', kind: 'overloaded' },
    { account: 'anthropic', kind: 'overloaded' },
  ]);
  const { response } = await ask('default', messages);
  await control.setFaults([]);
  expect(response.headers.get('x-sluice-target')).toBe(TARGETS[2]);
});

function ask(model: string | undefined, messages: ChatCompletionMessageParam[]) {
  return client.chat.completions
    .create({ model: model ?? 'default', messages, tools: [WEATHER], reasoning_effort: 'low' })
    .withResponse();
}

function answerOf({ id }: { id: string }): ChatCompletionMessageParam {
  return { role: 'tool', tool_call_id: id, content: '{"sky":"clear"}' };
}
