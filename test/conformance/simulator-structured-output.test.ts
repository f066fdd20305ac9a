import { SchemaType } from '@google/generative-ai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { simulatedVendors, type SimulatedVendors } from '../support/simulated-vendors.ts';

const eventSchema = z.strictObject({
  title: z.string(),
  kind: z.enum(['talk', 'party']),
  guests: z.array(z.strictObject({ name: z.string(), age: z.int().nullable() })),
  place: z.union([z.strictObject({ city: z.string() }), z.null()]),
});
const PROMPT = 'Plan an event for Ada. Answer in JSON.';
const messages = [{ role: 'user' as const, content: PROMPT }];

let vendors: SimulatedVendors;
beforeAll(async () => {
  vendors = await simulatedVendors();
});
afterAll(() => vendors.close());
beforeEach(() => vendors.simulator.control.reset());

test('openai: zodResponseFormat is parsed by the SDK, plain and streamed', async () => {
  const body = {
    model: 'gpt-4.1-mini',
    messages,
    response_format: zodResponseFormat(eventSchema, 'event'),
  };
  const plain = await vendors.openai.chat.completions.parse(body);
  const parsed = plain.choices[0]!.message.parsed!;
  expect(eventSchema.parse(parsed)).toEqual(parsed);
  const streamed = await vendors.openai.chat.completions.stream(body).finalChatCompletion();
  expect(streamed.choices[0]!.message.parsed).toEqual(parsed);
});

test('openai: json_object answers with an object, if the prompt speaks of JSON', async () => {
  const ask = (content: string): Promise<unknown> =>
    vendors.openai.chat.completions
      .create({
        model: 'gpt-4.1-mini',
        messages: [{ role: 'user', content }],
        response_format: { type: 'json_object' },
      })
      .then(({ choices }) => JSON.parse(choices[0]!.message.content!) as unknown);
  expect(await ask(PROMPT)).toMatchObject({ answer: expect.any(String) as string });
  await expect(ask('Hello')).rejects.toMatchObject({
    status: 400,
    param: 'messages',
    message: expect.stringContaining("must contain the word 'json' in some form") as string,
  });
});

test('openai: a reply that the token limit cuts is half a JSON with finish reason length', async () => {
  const { choices } = await vendors.openai.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages,
    response_format: zodResponseFormat(eventSchema, 'event'),
    max_completion_tokens: 3,
  });
  expect(choices[0]!.finish_reason).toBe('length');
  expect(choices[0]!.message.content).toHaveLength(12);
});

test('anthropic: output_config.format is answered by its schema; so is a forced tool', async () => {
  const schema = z.toJSONSchema(eventSchema.omit({ guests: true }));
  const body = { model: 'claude-haiku-4-5', max_tokens: 500, messages };
  const native = await vendors.anthropic.messages.create({
    ...body,
    output_config: { format: { type: 'json_schema', schema: schema as Record<string, unknown> } },
  });
  const [block] = native.content;
  expect(block!.type).toBe('text');
  eventSchema.omit({ guests: true }).parse(JSON.parse((block as { text: string }).text));
  const forced = await vendors.anthropic.messages.create({
    ...body,
    tools: [{ name: 'json', input_schema: z.toJSONSchema(eventSchema) as { type: 'object' } }],
    tool_choice: { type: 'tool', name: 'json', disable_parallel_tool_use: true },
  });
  expect(forced.stop_reason).toBe('tool_use');
  const { input } = forced.content[0] as { input: unknown };
  expect(eventSchema.safeParse(input).error).toBeUndefined();
});

test('google: responseSchema and responseJsonSchema are answered by their schemas', async () => {
  const { response } = await vendors
    .gemini({
      model: 'gemini-2.5-flash',
      generationConfig: {
        responseMimeType: 'application/json',
        responseSchema: {
          type: SchemaType.OBJECT,
          properties: {
            kind: { type: SchemaType.STRING, format: 'enum', enum: ['talk', 'party'] },
            size: { type: SchemaType.INTEGER, nullable: true },
          },
          required: ['kind', 'size'],
        },
      },
    })
    .generateContent(PROMPT);
  const sized = z.strictObject({ kind: z.enum(['talk', 'party']), size: z.int() });
  expect(sized.safeParse(JSON.parse(response.text())).error).toBeUndefined();

  const { $schema: _schema, ...responseJsonSchema } = z.toJSONSchema(eventSchema);
  const answer = await vendors.post('/v1beta/models/gemini-2.5-flash:generateContent', {
    contents: [{ role: 'user', parts: [{ text: PROMPT }] }],
    generationConfig: { responseMimeType: 'application/json', responseJsonSchema },
  });
  const body = answer.body as { candidates: { content: { parts: { text: string }[] } }[] };
  const event: unknown = JSON.parse(body.candidates[0]!.content.parts[0]!.text);
  expect(eventSchema.safeParse(event).error).toBeUndefined();
});

test('google: functions together with a JSON answer work from Gemini 3 on', async () => {
  const ask = (model: string): Promise<{ status: number; message: string }> =>
    vendors.post(`/v1beta/models/${model}:generateContent`, {
      contents: [{ role: 'user', parts: [{ text: 'Hello' }] }],
      tools: [{ functionDeclarations: [{ name: 'ping' }] }],
      generationConfig: { responseMimeType: 'application/json' },
    });
  expect(await ask('gemini-2.5-flash')).toMatchObject({
    status: 400,
    message: "Function calling with a response mime type: 'application/json' is unsupported",
  });
  expect(await ask('gemini-3.5-flash')).toMatchObject({ status: 200 });
});
