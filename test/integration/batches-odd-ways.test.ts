import type { Batch } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chatBody, parseLines } from '../support/batch-lines.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
beforeAll(async () => {
  const providers = { openai: { batch: false }, anthropic: { batch: false }, google: { batch: false } };
  stack = await startStack({ config: { providers }, capacity: 4, fileRoundMs: 200 });
});
afterAll(() => stack.close());

async function post<Answer>(
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await stack.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json()) as Answer;
}

const ended = (id: string): Promise<Batch> =>
  until(
    async () => {
      const batch = (await (await stack.request(`/v1/batches/${id}`)).json()) as Batch;
      return ['completed', 'failed', 'cancelled', 'expired'].includes(batch.status) ? batch : null;
    },
    { what: `${id} to end` },
  );

async function fileIds(): Promise<string[]> {
  const { data } = (await (await stack.request('/v1/files?limit=10000')).json()) as {
    data: { id: string }[];
  };
  return data.map(({ id }) => id);
}

test('fields of an inline batch may stand in any order, and mean the same', async () => {
  const requests = JSON.stringify([{ custom_id: 'a', body: { model: 'default', input: 'Hi é' } }]);
  const after = `{"requests": ${requests}, "endpoint": "/v1/responses"}`;
  const before = `{"endpoint": "/v1/responses", "requests": ${requests}}`;
  const headers = { 'idempotency-key': 'any-order' };
  const { id, input_file_id: input } = await post<Batch>('/v1/batches', after, headers);
  expect(await ended(id)).toMatchObject({ status: 'completed', request_counts: { total: 1, completed: 1 } });
  expect((await post<Batch>('/v1/batches', before, headers)).id).toBe(id);
  const lines = parseLines(await (await stack.request(`/v1/files/${input}/content`)).text());
  expect(lines).toEqual([
    { custom_id: 'a', method: 'POST', url: '/v1/responses', body: { model: 'default', input: 'Hi é' } },
  ]);
  expect(await fileIds()).toHaveLength(2);
});

test('a retry that is sent again, or is refused, leaves no file behind', async () => {
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'context_window' }]);
  const { id } = await post<Batch>(
    '/v1/batches',
    JSON.stringify({ requests: [{ custom_id: 'a', body: chatBody('Hi', 'openai/gpt-5.4-mini') }] }),
  );
  expect(await ended(id)).toMatchObject({ request_counts: { total: 1, failed: 1 } });
  const before = new Set(await fileIds());
  const headers = { 'idempotency-key': 'again' };
  const made = new Set<string>();
  for (let n = 0; n < 3; n += 1) {
    const retried = await post<Batch>(`/v1/batches/${id}/retry`, '{}', headers);
    made.add(retried.id);
    await ended(retried.id);
  }
  expect(made.size).toBe(1);
  await expect(post(`/v1/batches/${id}/retry`, '{}', { 'idempotency-key': 'any-order' })).rejects.toThrow(
    'idempotency_key_reused',
  );
  const inputs = [];
  for (const file of await fileIds()) {
    if (before.has(file)) continue;
    const { purpose } = (await (await stack.request(`/v1/files/${file}`)).json()) as { purpose: string };
    if (purpose === 'batch') inputs.push(file);
  }
  expect(inputs).toHaveLength(1);
}, 30_000);

test('results whose file was deleted are said to be gone, and are not an empty answer', async () => {
  const { id } = await post<Batch>(
    '/v1/batches',
    JSON.stringify({ requests: [{ custom_id: 'a', body: chatBody('Hi', 'anthropic/claude-haiku-4-5') }] }),
  );
  const { output_file_id: output } = await ended(id);
  expect((await stack.request(`/v1/batches/${id}/results`)).status).toBe(200);
  await stack.request(`/v1/files/${output}`, { method: 'DELETE' });
  const answer = await stack.request(`/v1/batches/${id}/results`);
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({
    error: { code: 'not_found', message: expect.stringContaining(`The results in ${output} are gone`) },
  });
});
