import OpenAI, { toFile } from 'openai';
import { afterEach, expect, test } from 'vitest';
import { startBatchLaneStack, type BatchLaneStack } from '../support/batch-lane-stack.ts';
import { until } from '../support/until.ts';

let stack: BatchLaneStack;
afterEach(() => stack.close());

test("a batch of OpenAI's client runs in a vendor's batch, and its own counts and files are as ever", async () => {
  stack = await startBatchLaneStack({
    simulator: { batch: { processing_ms: { min: 300, max: 300 }, failed_share: 0.2 } },
  });
  const client = new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
  const lines = Array.from({ length: 20 }, (_, n) =>
    JSON.stringify({
      custom_id: `line-${n}`,
      method: 'POST',
      url: '/v1/chat/completions',
      body: { model: 'openai/gpt-5.4-mini', messages: [{ role: 'user', content: `What is ${n}?` }] },
    }),
  );
  const file = await client.files.create({
    purpose: 'batch',
    file: await toFile(Buffer.from(lines.join('\n')), 'lines.jsonl'),
  });
  const created = await client.batches.create({
    input_file_id: file.id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
    tier: 'flex',
  } as OpenAI.BatchCreateParams);
  const batch = await until(
    async () => {
      const seen = await client.batches.retrieve(created.id);
      return seen.status === 'completed' ? seen : null;
    },
    { timeoutMs: 30_000, what: 'the end of the batch' },
  );
  expect(batch.request_counts).toEqual({ total: 20, completed: 20, failed: 0 });
  const output = await (await client.files.content(batch.output_file_id as string)).text();
  const ids = output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
  expect(new Set(ids)).toEqual(new Set(lines.map((_, n) => `line-${n}`)));

  const { data } = (await (await stack.request(`/v1/jobs?batch=${created.id}&limit=100`)).json()) as {
    data: { lane: string; attempts: { lane: string; status: string }[] }[];
  };
  const ways = data.map(({ attempts }) => attempts.map(({ lane, status }) => `${lane} ${status}`).join(', '));
  expect(new Set(ways)).toEqual(new Set(['batch succeeded', 'batch failed, live succeeded']));
  expect(stack.simulator.control.batches()).toMatchObject([{ counts: { total: 20 } }]);
});
