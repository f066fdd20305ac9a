import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack | null = null;
afterEach(async () => {
  await stack?.close();
  stack = null;
});

interface BatchBody {
  id: string;
  status: string;
  request_counts: { total: number; completed: number; failed: number };
}

async function start(limits: object): Promise<{
  call: (path: string, body?: object) => Promise<Response>;
  batch: (id: string) => Promise<BatchBody>;
}> {
  const { request } = (stack = await startStack({}));
  const json = { 'content-type': 'application/json' };
  const made = await request('/v1/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'batcher', limits }),
    headers: json,
  });
  const { key } = (await made.json()) as { key: string };
  const call = (path: string, body?: object): Promise<Response> =>
    request(path, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { authorization: `Bearer ${key}`, ...json },
    });
  return { call, batch: async (id) => (await (await call(`/v1/batches/${id}`)).json()) as BatchBody };
}

const lines = (count: number, maxTokens = 10): object[] =>
  Array.from({ length: count }, (_, n) => ({
    custom_id: `line-${n}`,
    body: {
      model: 'openai/gpt-5.4-mini',
      max_tokens: maxTokens,
      messages: [{ role: 'user', content: `Line ${n}` }],
    },
  }));
const create = (requests: object[]): object => ({
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
  tier: 'standard',
  requests,
});

test('lines of a batch are queued as their key may take them, and all of them run', async () => {
  const { call, batch } = await start({ queued_jobs: 2 });
  const { id } = (await (await call('/v1/batches', create(lines(7)))).json()) as BatchBody;
  const most = { open: 0 };
  await until(
    async () => {
      const open = (await (await call(`/v1/jobs?batch=${id}&limit=100`)).json()) as {
        data: { status: string }[];
      };
      const running = open.data.filter(
        ({ status }) => status === 'queued' || status === 'in_progress',
      ).length;
      most.open = Math.max(most.open, running);
      return (await batch(id)).status === 'completed';
    },
    { what: 'the end of the batch' },
  );
  expect(await batch(id)).toMatchObject({ request_counts: { total: 7, completed: 7, failed: 0 } });
  expect(most.open).toBeLessThanOrEqual(2);
});

test('a batch with a line that its key can never take is refused whole, naming the line', async () => {
  const { call, batch } = await start({ tokens_per_day: 1_000 });
  const requests = [...lines(2), lines(3, 5_000)[2] as object];
  const { id } = (await (await call('/v1/batches', create(requests))).json()) as BatchBody;
  await until(async () => (await batch(id)).status === 'failed', { what: 'the refusal' });
  expect(await batch(id)).toMatchObject({ errors: { data: [{ code: 'key_quota_exceeded', line: 3 }] } });
  expect(stack?.simulator.control.summary().calls).toBe(0);
});
