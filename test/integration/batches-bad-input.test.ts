import type { Batch } from '@sluice/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { until } from '../support/until.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

async function upload(content: string | Buffer, { purpose = 'batch' } = {}): Promise<Response> {
  const form = new FormData();
  // The file comes before the purpose, as OpenAI's Node client sends them.
  form.set('file', new Blob([content as string]), 'in.jsonl');
  form.set('purpose', purpose);
  return api.request('/v1/files', { method: 'POST', body: form });
}

async function fileId(content: string | Buffer): Promise<string> {
  return ((await (await upload(content)).json()) as { id: string }).id;
}

async function create(body: object, headers: Record<string, string> = {}): Promise<Response> {
  return api.post(
    '/v1/batches',
    { endpoint: '/v1/chat/completions', completion_window: '24h', ...body },
    headers,
  );
}

async function checked(content: string | Buffer): Promise<Batch> {
  const { id } = (await (await create({ input_file_id: await fileId(content) })).json()) as Batch;
  return until(
    async () => {
      const batch = (await (await api.request(`/v1/batches/${id}`)).json()) as Batch;
      return batch.status === 'validating' ? null : batch;
    },
    { what: 'the check of the batch' },
  );
}

const GOOD = batchLines([chatBody('one')]);

test('one bad line among 10,000 fails the batch before anything is run, and is named', async () => {
  const lines = batchLines(Array.from({ length: 10_000 }, (_, n) => chatBody(`${n}`))).split('\n');
  lines[7_123] = '{"custom_id": "broken", "method": "POST"';
  const batch = await checked(lines.join('\n'));
  expect(batch).toMatchObject({
    status: 'failed',
    output_file_id: null,
    error_file_id: null,
    in_progress_at: null,
    request_counts: { total: 0, completed: 0, failed: 0 },
    errors: { object: 'list', data: [{ code: 'invalid_json_line', param: null, line: 7_124 }] },
  });
  expect(batch.failed_at).not.toBeNull();
  const { data } = (await (await api.request(`/v1/jobs?batch=${batch.id}`)).json()) as { data: unknown[] };
  expect(data).toEqual([]);
});

const faults: [what: string, line: object | string, error: object][] = [
  ['a custom_id twice', { custom_id: 'line-1' }, { code: 'duplicate_custom_id', param: 'custom_id' }],
  ['no custom_id', { custom_id: undefined }, { code: 'missing_required_parameter', param: 'custom_id' }],
  ['another method', { method: 'GET' }, { code: 'invalid_method', param: 'method' }],
  ['another endpoint', { url: '/v1/responses' }, { code: 'invalid_url', param: 'url' }],
  ['no body', { body: null }, { code: 'missing_required_parameter', param: 'body' }],
  ['a field of the body that is wrong', { body: { messages: 'Hi' } }, { param: 'body.messages' }],
  ['a stream', { body: { ...chatBody('x'), stream: true } }, { param: 'body.stream' }],
  [
    'a model that nobody has',
    { body: chatBody('x', 'model-of-nobody') },
    { code: 'model_not_found', param: 'body.model' },
  ],
  ['an unknown provider', { body: chatBody('x', 'nobody/model') }, { code: 'model_not_found' }],
  ['a list', '[1]', { code: 'invalid_json_line' }],
  ['a line above 1 MB', { body: chatBody('x'.repeat(1_100_000)) }, { code: 'line_too_long' }],
];
test.each(faults)('a line with %s is refused by its number', async (_what, line, error) => {
  const second = { custom_id: 'line-2', method: 'POST', url: '/v1/chat/completions', body: chatBody('two') };
  const text = typeof line === 'string' ? line : JSON.stringify({ ...second, ...line });
  const batch = await checked(`${GOOD}${text}\n`);
  expect(batch.status).toBe('failed');
  expect(batch.errors?.data).toEqual([expect.objectContaining({ ...error, line: 2 })]);
  expect(batch.errors?.data[0]?.message).not.toBe('');
});

test('many faults are listed, a hundred at most', async () => {
  const batch = await checked('no json\n'.repeat(150));
  expect(batch.errors?.data).toHaveLength(100);
  expect(batch.errors?.data.at(-1)).toMatchObject({ line: 100 });
});

test('an empty file fails as empty', async () => {
  const batch = await checked('');
  expect(batch.errors?.data).toEqual([expect.objectContaining({ code: 'empty_file', line: null })]);
});

test('a byte order mark, CRLF, blank lines and a last line without an end are tolerated', async () => {
  const [one = '', two = ''] = batchLines([chatBody('one'), chatBody('two')]).split('\n');
  const batch = await checked(`\uFEFF${one}\r\n\r\n${two}`);
  expect(batch).toMatchObject({ status: 'in_progress', errors: null, request_counts: { total: 2 } });
});

describe('uploads', () => {
  test('another purpose is refused although the file came first', async () => {
    const answer = await refusal(await upload(GOOD, { purpose: 'fine-tune' }));
    expect(answer).toMatchObject({ status: 400, code: 'invalid_request', param: 'purpose' });
  });

  test('more than 50,000 lines are refused while they arrive', async () => {
    const answer = await refusal(await upload('{}\n'.repeat(50_001)));
    expect(answer).toMatchObject({ status: 413, code: 'too_many_lines', param: 'file' });
  });

  test('a lifetime outside the bounds, an unknown field, and no file at all', async () => {
    const form = (fields: Record<string, string>, file = true): FormData => {
      const made = new FormData();
      for (const [name, value] of Object.entries(fields)) made.set(name, value);
      if (file) made.set('file', new Blob([GOOD]), 'in.jsonl');
      return made;
    };
    const send = async (body: FormData) => refusal(await api.request('/v1/files', { method: 'POST', body }));
    const short = { purpose: 'batch', 'expires_after[anchor]': 'created_at', 'expires_after[seconds]': '60' };
    expect(await send(form(short))).toMatchObject({ status: 400, param: 'expires_after[seconds]' });
    expect(await send(form({ purpose: 'batch', colour: 'red' }))).toMatchObject({ param: 'colour' });
    expect(await send(form({ purpose: 'batch' }, false))).toMatchObject({ status: 400, param: 'file' });
  });

  test('a file is not seen by another tenant, nor a batch', async () => {
    const key = await api.post('/v1/keys', { name: 'b', tenant: 'globex', scopes: ['batches'] });
    const { key: other } = (await key.json()) as { key: string };
    const id = await fileId(GOOD);
    const batch = (await (await create({ input_file_id: id })).json()) as Batch;
    const headers = { authorization: `Bearer ${other}` };
    for (const path of [`/v1/files/${id}`, `/v1/files/${id}/content`, `/v1/batches/${batch.id}`]) {
      const theirs = await refusal(await api.request(path, { headers }));
      const nobodys = await refusal(
        await api.request(path.replace(/[0-9a-f]{24}/, '0'.repeat(24)), { headers }),
      );
      expect(theirs).toMatchObject({ status: 404, code: 'not_found' });
      expect(theirs.message.replace(/[0-9a-f]{24}/, '')).toBe(nobodys.message.replace(/[0-9a-f]{24}/, ''));
    }
    const made = await refusal(
      await api.post('/v1/batches', { input_file_id: id, endpoint: '/v1/chat/completions' }, headers),
    );
    expect(made).toMatchObject({ status: 404 });
  });
});

test('what is refused while it still arrives leaves its connection to the next request', async () => {
  const tooMany = '{}\n'.repeat(500_000);
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([tooMany]), 'in.jsonl');
  const ndjson = { 'content-type': 'application/x-ndjson' };
  for (const [path, init] of [
    ['/v1/batches', { headers: ndjson, body: tooMany }],
    ['/v1/batches/estimate?endpoint=/v1/chat/completions', { headers: ndjson, body: tooMany }],
    ['/v1/files', { body: form }],
  ] as const) {
    for (let time = 0; time < 6; time += 1) {
      const answer = await api.request(path, { method: 'POST', ...init });
      expect(await refusal(answer)).toMatchObject({ status: 413, code: 'too_many_lines' });
    }
  }
});

describe('creating', () => {
  const bodies: [what: string, body: object, error: object][] = [
    ['an unknown endpoint', { endpoint: '/v1/embeddings', input_file_id: 'f' }, { param: 'endpoint' }],
    [
      'a window that is too long',
      { completion_window: '48h', input_file_id: 'f' },
      { param: 'completion_window' },
    ],
    ['neither file nor requests', {}, { param: 'input_file_id' }],
    ['both', { input_file_id: 'f', requests: [] }, { param: 'input_file_id' }],
    ['an unknown field', { input_file_id: 'f', colour: 'red' }, { param: 'colour' }],
    ['an unknown route', { input_file_id: 'f', route: 'nowhere' }, { code: 'unknown_route', param: 'route' }],
    ['a file that is not there', { input_file_id: 'file-0' }, { code: 'not_found', param: 'input_file_id' }],
    [
      'a webhook to a private address',
      { input_file_id: 'f', webhook: { url: 'http://10.0.0.1/' } },
      { code: 'invalid_webhook_url', param: 'webhook.url' },
    ],
    [
      'a request with an unknown field',
      { requests: [{ custom_id: 'a', body: {}, method: 'POST' }] },
      { param: 'requests.0.method' },
    ],
  ];
  test.each(bodies)('with %s is refused', async (_what, body, error) => {
    const answer = await refusal(await create(body));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer).toMatchObject(error);
  });

  test('text that is not JSON is refused', async () => {
    expect(await refusal(await api.post('/v1/batches', '{"requests": [{'))).toMatchObject({
      status: 400,
      code: 'invalid_json',
    });
  });

  test('the same request sent again by the client makes no second batch; sent anew it does', async () => {
    const id = await fileId(GOOD);
    const send = async (retries: string): Promise<Batch> =>
      (await (await create({ input_file_id: id }, { 'x-stainless-retry-count': retries })).json()) as Batch;
    const first = await send('0');
    expect((await send('1')).id).toBe(first.id);
    expect((await send('2')).id).toBe(first.id);
    expect((await send('0')).id).not.toBe(first.id);
  });

  test('an Idempotency-Key makes one batch, also of requests that are brought along', async () => {
    const requests = [{ custom_id: 'a', body: chatBody('x') }];
    const headers = { 'idempotency-key': 'night-1' };
    const first = (await (await create({ requests }, headers)).json()) as Batch;
    const again = await create({ requests }, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(((await again.json()) as Batch).id).toBe(first.id);
    const other = await refusal(await create({ requests, tier: 'standard' }, headers));
    expect(other).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    // The input of the repeat is not kept.
    const files = (await (await api.request('/v1/files?purpose=batch&limit=1')).json()) as {
      data: { id: string }[];
    };
    expect(files.data[0]?.id).toBe(first.input_file_id);
  });

  test('requests as NDJSON: options in the first line', async () => {
    const lines = [
      { endpoint: '/v1/chat/completions', tags: ['n'] },
      { custom_id: 'a', body: chatBody('x') },
    ];
    const answer = await api.request('/v1/batches', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
    const batch = (await answer.json()) as Batch;
    expect(batch).toMatchObject({ status: 'validating', tags: ['n'] });
    const input = await (await api.request(`/v1/files/${batch.input_file_id}/content`)).text();
    expect(JSON.parse(input)).toEqual({
      custom_id: 'a',
      method: 'POST',
      url: '/v1/chat/completions',
      body: chatBody('x'),
    });
  });

  test('a batch that has not ended is not retried, and an unknown one is no batch', async () => {
    const batch = (await (await create({ input_file_id: await fileId(GOOD) })).json()) as Batch;
    const path = `/v1/batches/${batch.id}/retry`;
    expect(await refusal(await api.request(path, { method: 'POST' }))).toMatchObject({
      code: 'batch_not_ended',
    });
    const unknown = await refusal(await api.request('/v1/batches/nope%2Fx/cancel', { method: 'POST' }));
    expect(unknown).toMatchObject({ status: 404, code: 'not_found' });
    // OpenAI's Python client sends a content type and no body.
    const cancelled = await api.post(`/v1/batches/${batch.id}/cancel`, '');
    expect(cancelled.status).toBe(200);
  });
});
