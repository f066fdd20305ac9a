import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { API_ERRORS, apiErrorBodySchema, type ApiErrorBody } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

const messages = SUBMISSION.request.messages;
const deep = `{"request":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;

const cases: [name: string, body: unknown, code: string, param: string | null, message?: RegExp][] = [
  ['malformed JSON', '{"request":', 'invalid_json', null],
  ['no body', '', 'invalid_request', 'body', /required/],
  ['a list as body', [], 'invalid_request', 'body', /object/],
  [
    'an unknown field',
    { ...SUBMISSION, colour: 'red' },
    'invalid_request',
    'colour',
    /colour is not a known field/,
  ],
  [
    'unknown fields within',
    { request: { messages, tempo: 1, mood: 2 } },
    'invalid_request',
    'request.tempo',
    /request\.tempo .*request\.mood/,
  ],
  ['a wrong type', { request: { messages: 'hello' } }, 'invalid_request', 'request.messages', /array/],
  [
    'a wrong type within',
    { request: { messages: [{ role: 'user', content: 5 }] } },
    'invalid_request',
    'request.messages.0.content',
    /a string or an array/,
  ],
  [
    'an unknown role',
    { request: { messages: [{ role: 'bot', content: 'x' }] } },
    'invalid_request',
    'request.messages.0.role',
    /system, developer, user, assistant/,
  ],
  [
    'an empty conversation',
    { request: { messages: [] } },
    'invalid_request',
    'request.messages',
    /at least one/,
  ],
  ['no conversation', { request: {} }, 'invalid_request', 'request.messages', /required/],
  ['an unknown route', { ...SUBMISSION, route: 'nope' }, 'unknown_route', 'route', /default/],
  ['an unknown target', { ...SUBMISSION, chain: ['nobody/x'] }, 'unknown_target', 'chain.0', /openai/],
  ['an unknown model', { request: { messages, model: 'gpt-none' } }, 'unknown_model', 'request.model'],
  ['a target without a slash', { ...SUBMISSION, chain: ['x'] }, 'invalid_request', 'chain.0'],
  ['route and chain', { ...SUBMISSION, route: 'default', chain: ['openai/x'] }, 'invalid_request', 'chain'],
  [
    'deadline and within',
    { ...SUBMISSION, deadline: '2999-01-01T00:00:00Z', within: '5s' },
    'invalid_request',
    'within',
  ],
  [
    'a deadline in the past',
    { ...SUBMISSION, deadline: '2020-01-01T00:00:00Z' },
    'invalid_request',
    'deadline',
  ],
  ['a duration without a unit', { ...SUBMISSION, within: '5' }, 'invalid_request', 'within', /30s/],
  ['an option of a later release', { ...SUBMISSION, template: {} }, 'unsupported_option', 'template'],
  [
    'a quality that is none',
    { ...SUBMISSION, quality: 'best' },
    'invalid_request',
    'quality',
    /low, standard, high/,
  ],
  [
    'a region that nothing is in',
    { ...SUBMISSION, residency: ['mars'] },
    'no_eligible_target',
    'residency',
    /region/,
  ],
  ['a cap below every price', { ...SUBMISSION, max_cost_usd: 1e-9 }, 'no_eligible_target', 'max_cost_usd'],
  [
    'a parameter of a later release',
    { request: { messages, prediction: {} } },
    'unsupported_option',
    'request.prediction',
  ],
  ['a value of a later release', { ...SUBMISSION, cache: 'on' }, 'unsupported_option', 'cache'],
  ['5,000 levels of nesting', deep, 'body_too_deep', null],
  ['prototype poisoning', '{"__proto__":{"x":1},"request":{}}', 'invalid_request', null],
  ['deeper', '{"request":{"constructor":{"prototype":{}}}}', 'invalid_request', null],
  ...[
    'http://127.0.0.1/x',
    'http://169.254.169.254/',
    'ftp://example.com',
    'http://me:you@example.com',
    'http://',
    'x',
  ].map(
    (url) =>
      [
        `the webhook URL ${url}`,
        { ...SUBMISSION, webhook: { url } },
        'invalid_webhook_url',
        'webhook.url',
      ] as [string, unknown, string, string],
  ),
];

describe('POST /v1/jobs refuses', () => {
  test.each(cases)('%s', async (_name, body, code, param, message = /./) => {
    const answer = await api.post('/v1/jobs', body);
    const text = await answer.text();
    const { error } = apiErrorBodySchema.parse(JSON.parse(text));
    const { status, type } = API_ERRORS[code as keyof typeof API_ERRORS];
    expect({ status: answer.status, type: error.type, code: error.code, param: error.param }).toEqual({
      status,
      type,
      code,
      param,
    });
    expect(error.message).toMatch(message);
    expect(error.request_id).toBe(answer.headers.get('x-request-id'));
    expect(error.doc_url).toBe(`${api.url}/docs/errors#${code}`);
  });

  test('a 30 MB body, and reads it to its end, so that no client is cut off while it sends', async () => {
    const body = Buffer.alloc(30_000_000, 'x');
    for (let n = 0; n < 5; n += 1) {
      const { status, text } = await sendSlowly(body);
      expect({ status, code: (JSON.parse(text) as ApiErrorBody).error.code }).toEqual({
        status: 413,
        code: 'body_too_large',
      });
    }
  });

  test('another content type', async () => {
    const answer = await api.post('/v1/jobs', 'hello', { 'content-type': 'text/plain' });
    expect(await refusal(answer)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
  });

  test('an Idempotency-Key that is empty or too long', async () => {
    for (const key of ['""', 'k'.repeat(300)]) {
      const answer = await api.post('/v1/jobs', SUBMISSION, { 'idempotency-key': key });
      expect(await refusal(answer)).toMatchObject({
        status: 400,
        code: 'invalid_request',
        param: 'Idempotency-Key',
      });
    }
  });
});

test('a missing and a wrong key are told apart, before the body is read', async () => {
  for (const path of [
    '/v1/jobs',
    '/v1/jobs/job_1',
    '/v1/jobs/job_1/events',
    '/v1/keys',
    '/v1/webhook_secret',
  ]) {
    expect(await refusal(await fetch(`${api.url}${path}`))).toMatchObject({
      status: 401,
      code: 'missing_api_key',
    });
    for (const key of ['nonsense', `sk_sluice_${'0'.repeat(16)}_${'0'.repeat(64)}`]) {
      const answer = await fetch(`${api.url}${path}`, { headers: { 'x-api-key': key } });
      expect(await refusal(answer)).toMatchObject({ status: 401, code: 'invalid_api_key' });
    }
  }
  const answer = await fetch(`${api.url}/v1/jobs`, {
    method: 'POST',
    body: '{',
    headers: { 'content-type': 'application/json' },
  });
  expect((await refusal(answer)).code).toBe('missing_api_key');
});

test('an unknown path is a 404, a wrong method a 405 that names the right ones', async () => {
  expect(await refusal(await api.request('/v2/jobs'))).toMatchObject({ status: 404, code: 'not_found' });
  const answer = await api.request('/v1/jobs/job_1', { method: 'PUT' });
  expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD');
  expect(await refusal(answer)).toMatchObject({ status: 405, code: 'method_not_allowed' });
  expect(await refusal(await api.request('/v1/%zz'))).toMatchObject({ status: 400, code: 'invalid_request' });
});

test('lists refuse wrong filters and unknown cursors', async () => {
  const wrong = [
    ['limit=0', 'limit'],
    ['limit=x', 'limit'],
    ['status=done', 'status'],
    ['created_after=yesterday', 'created_after'],
    ['color=red', 'color'],
  ];
  for (const [query, param] of wrong) {
    const answer = await api.request(`/v1/jobs?${query}`);
    expect(await refusal(answer)).toMatchObject({ status: 400, code: 'invalid_request', param });
  }
  const answer = await api.request('/v1/jobs?after=job_none');
  expect(await refusal(answer)).toMatchObject({ status: 400, code: 'invalid_cursor', param: 'after' });
});

test('the process is as well afterwards as before', async () => {
  expect((await api.submit()).status).toBe('queued');
});

/** Sends a body as clients do that read the answer only afterwards; rejects when the connection breaks. */
async function sendSlowly(body: Buffer): Promise<{ status: number | undefined; text: string }> {
  const sending = httpRequest(`${api.url}/v1/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${api.adminKey}`,
      'content-type': 'application/json',
      'content-length': body.length,
    },
  });
  const sent = once(sending, 'finish');
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  sending.end(body);
  const [[answer]] = await Promise.all([answered, sent]);
  return { status: answer.statusCode, text: Buffer.concat(await answer.toArray()).toString() };
}
