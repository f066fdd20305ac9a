import type { Batch, BatchEstimate } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { until } from '../support/until.ts';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;
beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

function send(content: string, query: Record<string, string> = {}, type = 'application/x-ndjson') {
  const options = new URLSearchParams({ endpoint: '/v1/chat/completions', ...query });
  return api.request(`/v1/batches/estimate?${options.toString()}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: content,
  });
}

async function estimate(content: string, query: Record<string, string> = {}): Promise<BatchEstimate> {
  const answer = await send(content, query);
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json()) as BatchEstimate;
}

const MINI = 'openai/gpt-5.4-mini';
const HAIKU = 'anthropic/claude-haiku-4-5';

test('every line is priced by its own model, and nothing is kept', async () => {
  const one = await estimate(batchLines([chatBody('Hello', MINI)]));
  const other = await estimate(batchLines([chatBody('Hello', HAIKU)]));
  const bodies = Array.from({ length: 500 }, (_, n) => chatBody('Hello', n % 5 === 0 ? HAIKU : MINI));
  const all = await estimate(batchLines(bodies));
  expect(all).toMatchObject({ lines: 500, error_counts: {}, targets: { [MINI]: 400, [HAIKU]: 100 } });
  expect(all.cost_usd).toBeCloseTo(400 * (one.cost_usd as number) + 100 * (other.cost_usd as number), 6);
  expect(all.output_tokens).toBe(500 * 20);
  for (const path of ['/v1/batches', '/v1/jobs', '/v1/files']) {
    expect(await (await api.request(path)).json()).toMatchObject({ data: [] });
  }
});

test('a line costs half in the batch lane, which it takes when it has the time', async () => {
  const lines = batchLines([chatBody('Hello', MINI)]);
  const patient = await estimate(lines, { tier: 'flex', completion_window: '24h' });
  const urgent = await estimate(lines, { tier: 'standard' });
  expect(patient.lanes).toEqual({ batch: 1 });
  expect(urgent.lanes).toEqual({ live: 1 });
  expect(urgent.cost_usd).toBe(urgent.live_cost_usd);
  expect(patient.live_cost_usd).toBe(urgent.live_cost_usd);
  expect(patient.cost_usd).toBeCloseTo((urgent.cost_usd as number) / 2, 9);
});

test('lines to /v1/responses are priced too', async () => {
  const lines = batchLines([{ model: MINI, input: 'Hello', max_output_tokens: 20 }], {
    url: '/v1/responses',
  });
  const { lines: count, cost_usd: cost } = await estimate(lines, { endpoint: '/v1/responses' });
  expect({ count, isPriced: (cost ?? 0) > 0 }).toEqual({ count: 1, isPriced: true });
});

test('the errors are those that fail the batch, in all lines', async () => {
  const content = [
    batchLines([chatBody('fine', MINI), chatBody('Hi', 'model-of-nobody'), { model: MINI, messages: 'Hi' }]),
    batchLines([chatBody('fine', MINI)]),
    'no json\n\n',
    batchLines([chatBody('x', MINI)], { url: '/v1/responses', prefix: 'other-' }),
    `{"custom_id": "long", "body": "${'x'.repeat(1_100_000)}"}\n`,
  ].join('');
  const { errors, error_counts: counts, lines, targets } = await estimate(content);
  expect(lines).toBe(7);
  expect(errors.data.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7, 8]);
  expect(counts).toEqual({
    model_not_found: 1,
    invalid_request: 1,
    duplicate_custom_id: 1,
    invalid_json_line: 1,
    invalid_url: 1,
    line_too_long: 1,
  });
  expect(targets).toEqual({ [MINI]: 1 });
  expect(errors.data).toEqual((await checked(content)).errors?.data);
});

test('all lines are looked at, also after the hundred errors that are listed', async () => {
  const {
    errors,
    error_counts: counts,
    lines,
  } = await estimate(`${'no json\n'.repeat(1_500)}${batchLines([chatBody('fine', MINI)])}`);
  expect({ lines, listed: errors.data.length, counts }).toEqual({
    lines: 1_501,
    listed: 100,
    counts: { invalid_json_line: 1_500 },
  });
  expect((await estimate('\n')).error_counts).toEqual({ empty_file: 1 });
});

test('what fails the whole request is refused', async () => {
  const line = batchLines([chatBody('x')]);
  expect(await refusal(await send(line, { endpoint: '/v1/embeddings' }))).toMatchObject({
    status: 400,
    param: 'endpoint',
  });
  expect(await refusal(await send(line, { colour: 'red' }))).toMatchObject({ status: 400, param: 'colour' });
  expect(await refusal(await send(line, { route: 'nowhere' }))).toMatchObject({ code: 'unknown_route' });
  expect(await refusal(await send('{}\n'.repeat(50_001)))).toMatchObject({
    status: 413,
    code: 'too_many_lines',
  });
  expect(await refusal(await send('{}', {}, 'application/json'))).toMatchObject({ status: 415 });
});

/** The batch of the content, when its check has ended. */
async function checked(content: string): Promise<Batch> {
  const form = new FormData();
  form.set('purpose', 'batch');
  form.set('file', new Blob([content]), 'in.jsonl');
  const file = (await (await api.request('/v1/files', { method: 'POST', body: form })).json()) as {
    id: string;
  };
  const options = { input_file_id: file.id, endpoint: '/v1/chat/completions' };
  const { id } = (await (await api.post('/v1/batches', options)).json()) as Batch;
  return until(
    async () => {
      const batch = (await (await api.request(`/v1/batches/${id}`)).json()) as Batch;
      return batch.status === 'validating' ? null : batch;
    },
    { what: 'the check of the batch' },
  );
}
