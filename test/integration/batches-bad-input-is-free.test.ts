import type { Batch } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/** With workers and vendors that would take everything: input that is wrong must not reach them. */
let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const json = { 'content-type': 'application/json' };

function upload(content: string, purpose = 'batch'): Promise<Response> {
  const form = new FormData();
  form.set('file', new Blob([content]), 'in.jsonl');
  form.set('purpose', purpose);
  return stack.request('/v1/files', { method: 'POST', body: form });
}

async function create(content: string, options: object = {}): Promise<Response> {
  const { id } = (await (await upload(content)).json()) as { id: string };
  const body = { input_file_id: id, endpoint: '/v1/chat/completions', tier: 'standard', ...options };
  return stack.request('/v1/batches', { method: 'POST', headers: json, body: JSON.stringify(body) });
}

/** The batch that comes of the answer to a create, when it has ended. */
async function ended(answer: Response): Promise<Batch> {
  const { id } = (await answer.json()) as Batch;
  return until(
    async () => {
      const batch = (await (await stack.request(`/v1/batches/${id}`)).json()) as Batch;
      return ['completed', 'failed'].includes(batch.status) ? batch : null;
    },
    { what: `the end of ${id}` },
  );
}

const many = (count: number): string[] =>
  batchLines(Array.from({ length: count }, (_, n) => chatBody(`${n}`)))
    .trim()
    .split('\n');
const GOOD = batchLines([chatBody('one')]);
const other = (line: object): string =>
  `${JSON.stringify({ custom_id: 'other', method: 'POST', url: '/v1/chat/completions', body: chatBody('x'), ...line })}\n`;

const failing: [what: string, content: string, options: object][] = [
  ['one bad line among 10,000', many(10_000).with(7_123, '{"custom_id": "broken"').join('\n'), {}],
  ['a custom_id twice', `${GOOD}${other({ custom_id: 'line-1' })}`, {}],
  ['no line at all', '', {}],
  ['blank lines and a byte order mark alone', '\uFEFF\r\n\r\n', {}],
  ['a line above 1 MB', `${GOOD}${other({ body: chatBody('x'.repeat(1_100_000)) })}`, {}],
  ['a line to another endpoint', `${GOOD}${other({ url: '/v1/responses' })}`, {}],
  ['a model that nobody has', `${GOOD}${other({ body: chatBody('x', 'model-of-nobody') })}`, {}],
  ['another method, through the Batch API', `${GOOD}${other({ method: 'GET' })}`, { lane: 'batch' }],
];
test.each(failing)(
  'a batch with %s fails, makes no job and costs nothing',
  async (_what, content, options) => {
    const batch = await ended(await create(content, options));
    expect(batch).toMatchObject({
      status: 'failed',
      request_counts: { total: 0, completed: 0, failed: 0 },
      usage: null,
      output_file_id: null,
      error_file_id: null,
    });
    expect(batch.cost_usd ?? 0).toBe(0);
    expect(batch.errors?.data.length).toBe(1);
    const jobs = (await (await stack.request(`/v1/jobs?batch=${batch.id}`)).json()) as { data: unknown[] };
    expect(jobs.data).toEqual([]);
  },
);

test('what is refused at once makes no batch', async () => {
  const batches = async (): Promise<number> =>
    ((await (await stack.request('/v1/batches?limit=100')).json()) as { data: unknown[] }).data.length;
  const before = await batches();
  const answers = [
    await upload(GOOD, 'fine-tune'),
    await upload('{}\n'.repeat(50_001)),
    await create(GOOD, { endpoint: '/v1/embeddings' }),
    await create(GOOD, { endpoint: '/v1/images/generations' }),
    await create(GOOD, { completion_window: '48h' }),
    await create(GOOD, { route: 'nowhere' }),
    await create(GOOD, { input_file_id: 'file-nope' }),
  ];
  for (const answer of answers) {
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  }
  expect(await batches()).toBe(before);
});

test('after all that the vendors have seen the two lines of a good batch, and bill no more', async () => {
  // Comes after the others in every queue, so whatever they had sent would have arrived.
  const crlf = `\uFEFF${batchLines([chatBody('one'), chatBody('two')]).replaceAll('\n', '\r\n')}`;
  const batch = await ended(await create(crlf));
  expect(batch).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 2, failed: 0 } });
  const { control } = stack.simulator;
  expect(control.batches()).toEqual([]);
  expect(control.bill()).toEqual([
    expect.objectContaining({
      calls: 2,
      prompt_tokens: batch.usage?.input_tokens,
      completion_tokens: batch.usage?.output_tokens,
    }),
  ]);
});
