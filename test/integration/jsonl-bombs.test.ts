import type { Batch } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { until } from '../support/until.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(async () => api.close());

const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);
const deepLine = `{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"messages":${DEEP}}}`;

/** A body that is made while it is sent. */
async function send(path: string, type: string, pieces: () => Generator<string>): Promise<Response> {
  const encoder = new TextEncoder();
  const source = pieces();
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = source.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
  const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': type } };
  return api.request(path, init as RequestInit);
}

async function errorsOfFile(content: string): Promise<Batch['errors']> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([content]), 'in.jsonl');
  const file = (await (await api.request('/v1/files', { method: 'POST', body: form })).json()) as {
    id: string;
  };
  const made = { input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' };
  const { id } = (await (await api.post('/v1/batches', made)).json()) as Batch;
  const check = async (): Promise<Batch | null> => {
    const batch = (await (await api.request(`/v1/batches/${id}`)).json()) as Batch;
    return batch.status === 'validating' ? null : batch;
  };
  return (await until(check, { what: 'the check of the batch' })).errors;
}

test('a line that nests 100,000 levels deep is a fault of its line', async () => {
  const errors = await errorsOfFile(`${batchLines([chatBody('x')])}${deepLine}\n`);
  expect(errors?.data).toEqual([expect.objectContaining({ line: 2 })]);
});

test('requests that are brought along and nest 100,000 levels deep', async () => {
  const request = `{"custom_id":"a","body":{"messages":${DEEP}}}`;
  for (const [path, type, body] of [
    ['/v1/batches', 'application/json', `{"requests":[${request}]}`],
    ['/v1/batches', 'application/x-ndjson', `{}\n${request}\n`],
    ['/v1/messages/batches', 'application/json', `{"requests":[${request.replace('body', 'params')}]}`],
  ] as const) {
    const answer = await api.request(path, { method: 'POST', body, headers: { 'content-type': type } });
    expect({ path, type, status: answer.status }).toEqual({ path, type, status: 400 });
    expect(await answer.text()).toMatch(/nests deeper than 64 levels/);
  }
});

test('options that nest without end are refused while they arrive, and so are strings, lines and blanks', async () => {
  const million = 'x'.repeat(1_000_000);
  const repeat = (piece: string, before: string) =>
    function* (): Generator<string> {
      yield before;
      for (let n = 0; n < 150; n += 1) yield piece;
    };
  for (const [type, pieces] of [
    ['application/json', repeat('['.repeat(1_000_000), '{"metadata":')],
    ['application/json', repeat(million, '{"metadata":{"a":"')],
    ['application/json', repeat(million, '{"requests":[{"custom_id":"')],
    ['application/json', repeat(`"k":1,`.repeat(200_000), '{')],
    ['application/x-ndjson', repeat(million, '{"tags":["')],
    ['application/x-ndjson', repeat(million, '{}\n{"custom_id":"')],
  ] as const) {
    const answer = await send('/v1/batches', type, pieces);
    expect(await refusal(answer)).toMatchObject({ status: 413, code: 'body_too_large' });
  }
});

test('150 MB of a line without end are not held in memory', async () => {
  const memory = (): number => {
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    return arrayBuffers + heapUsed;
  };
  const before = memory();
  let most = 0;
  const line = 'x'.repeat(1_000_000);
  const answer = await send('/v1/batches', 'application/x-ndjson', function* () {
    yield '{}\n';
    for (let n = 0; n < 150; n += 1) {
      most = Math.max(most, memory() - before);
      yield line;
    }
    yield '\n';
  });
  expect((await refusal(answer)).status).toBe(413);
  expect(most).toBeLessThan(100_000_000);
});

test('the process is as well afterwards as before', async () => {
  expect((await api.submit()).status).toBe('queued');
});
