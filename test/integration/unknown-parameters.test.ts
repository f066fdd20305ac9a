import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatBody } from '../support/batch-lines.ts';
import { readOpenApi, type JsonSchema, type OpenApi } from '../support/openapi-operations.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
let document: OpenApi;
beforeAll(async () => {
  api = await startApiFixture();
  document = await readOpenApi(api.url);
});
afterAll(async () => api.close());

test('every route refuses a query parameter that it does not have, names it and says which there are', async () => {
  const lenient: string[] = [];
  for (const { method, path, parameters } of document.operations) {
    const answer = await api.request(`${path.replaceAll(/\{\w+\}/g, 'nobody')}?nobody_knows=1`, { method });
    const text = await answer.text();
    const names = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
    const isRefused =
      answer.status === 400 && ['nobody_knows', ...names].every((name) => text.includes(name));
    if (!isRefused) lenient.push(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
  }
  expect(document.operations.length).toBeGreaterThan(50);
  expect(lenient).toEqual([]);
});

test('routes that are not in the document refuse one too', async () => {
  for (const path of ['/v1/models/openai/gpt-5.4-mini?x=1', '/v1/models/openai%2Fgpt-5.4-mini?x=1']) {
    expect(await refusal(await api.request(path))).toMatchObject({ status: 400, param: 'x' });
  }
});

test('who has no key learns nothing of it', async () => {
  expect(await refusal(await fetch(`${api.url}/v1/jobs?x=1`))).toMatchObject({ status: 401 });
});

test('pages take what they like', async () => {
  for (const path of ['/docs/?x=1', '/openapi.json?x=1', '/queues/?x=1']) {
    expect((await api.request(path)).status).toBe(200);
  }
});

test("what OpenAI's client can send with its lists and reads is taken", async () => {
  const client = new OpenAI({ baseURL: `${api.url}/v1`, apiKey: api.adminKey, maxRetries: 0 });
  await client.files.list({ limit: 5, order: 'asc', purpose: 'batch' });
  await client.batches.list({ limit: 5 });
  await client.models.list();
  const { id } = await client.responses.create({ model: 'default', input: 'Hi', background: true });
  const read = await client.responses.retrieve(id, {
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content'],
    include_obfuscation: false,
    stream: false,
  });
  expect(read.id).toBe(id);
});

test("what Anthropic's client can send is taken, its beta resources too", async () => {
  const client = new Anthropic({ baseURL: api.url, apiKey: api.adminKey, maxRetries: 0 });
  await client.messages.batches.list({ limit: 5 });
  const { model, messages } = chatBody('Hi') as { model: string; messages: Anthropic.MessageParam[] };
  const requests = [{ custom_id: 'a', params: { model, messages, max_tokens: 5 } }];
  const { id } = await client.beta.messages.batches.create({ requests });
  expect((await client.beta.messages.batches.retrieve(id)).id).toBe(id);
  expect((await client.beta.messages.batches.list({ limit: 5 })).data.map((batch) => batch.id)).toContain(id);
  await client.beta.messages.batches.cancel(id);
  await client.beta.models.list();
});

/** Where an object that is sent may have members that the schema does not name, as paths into the body. */
function looseObjects(
  schema: JsonSchema,
  { path, seen }: { path: string; seen: ReadonlySet<JsonSchema> },
): string[] {
  const target = schema.$ref ? (document.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {}) : schema;
  if (seen.has(target)) return [];
  const inner = { seen: new Set([...seen, target]) };
  const { properties, additionalProperties, items, anyOf = [], oneOf = [], allOf = [] } = target;
  const role = properties?.['role']?.const;
  const here = typeof role === 'string' ? `${path}(${role})` : path;
  return [
    ...(properties && additionalProperties !== false ? [here] : []),
    ...Object.entries(properties ?? {}).flatMap(([name, property]) =>
      looseObjects(property, { ...inner, path: `${here}.${name}` }),
    ),
    ...(items ? looseObjects(items, { ...inner, path: `${here}[]` }) : []),
    ...[...anyOf, ...oneOf, ...allOf].flatMap((branch) => looseObjects(branch, { ...inner, path: here })),
  ];
}

/**
 * What a model has answered and a caller sends back with the next turn, as it came: vendors and clients add members at
 * any time.
 */
const GIVEN_BACK = [
  /messages\[\]\(assistant\)\.(content|reasoning_details)\[\]$/,
  /\/v1\/responses body\.input\[\](\(\w+\))?(\.(content|summary)\[\])?$/,
];

test('no object of a body, at any depth, takes members that its schema does not name', () => {
  const loose = document.operations.flatMap(({ method, path, bodies }) =>
    Object.values(bodies).flatMap(({ schema = {} }) =>
      looseObjects(schema, { path: `${method} ${path} body`, seen: new Set() }),
    ),
  );
  const unexplained = loose.filter((place) => !GIVEN_BACK.some((form) => form.test(place)));
  expect([...new Set(unexplained)]).toEqual([]);
});
