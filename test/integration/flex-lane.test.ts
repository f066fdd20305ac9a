import { afterEach, expect, test } from 'vitest';
import { startBatchLaneStack, type BatchLaneStack } from '../support/batch-lane-stack.ts';
import type { StackOptions } from '../support/start-stack.ts';

let stack: BatchLaneStack;
afterEach(() => stack.close());

const start = async (options: StackOptions = {}): Promise<BatchLaneStack> =>
  (stack = await startBatchLaneStack(options));
/** Too little time for a batch, enough for the flex tier. */
const HURRIED = { within: '4s' };

test('a job without time for a batch is called in the flex tier, at half the price', async () => {
  await start();
  const job = await stack.ended((await stack.submitOne(1, HURRIED)).id);
  expect(job).toMatchObject({
    lane: 'flex',
    status: 'completed',
    attempts: [{ lane: 'flex', status: 'succeeded' }],
    result: { service_tier: 'flex' },
    decision: { lane: { lane: 'flex', reason: 'cheapest_in_time' } },
  });
  const live = await stack.ended((await stack.submitOne(1, { ...HURRIED, lane: 'live' })).id);
  expect(job.usage).toEqual(live.usage);
  expect(job.cost_usd).toBeCloseTo((live.cost_usd as number) / 2, 10);
});

test('a tier without room is asked again, and then the job runs live at the same target', async () => {
  await start({ config: { lanes: { flex: { min_window: '1s', pause: '50ms', attempts: 2 } } } });
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'rate_limited_no_hint', times: 2 }]);
  const job = await stack.ended((await stack.submitOne(1, HURRIED)).id);
  expect(job).toMatchObject({ status: 'completed', lane: 'live' });
  expect(job.attempts.map(({ lane, status }) => `${lane} ${status}`)).toEqual([
    'flex failed',
    'flex failed',
    'live succeeded',
  ]);
});

test('at a target that is not sold so the job runs live', async () => {
  await start();
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'billing' }]);
  const chain = ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'];
  const job = await stack.ended((await stack.submitOne(1, { ...HURRIED, chain })).id);
  expect(job.attempts).toMatchObject([
    { lane: 'flex', status: 'failed', error: { code: 'billing' } },
    { lane: 'live', status: 'succeeded', target: 'anthropic/claude-haiku-4-5' },
  ]);
});

test('a lane that no target of the chain offers is refused, and a provider may take its batches away', async () => {
  await start({ config: { providers: { openai: { batch: false } } } });
  const refuse = async (body: object) => {
    const answer = await stack.request('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ request: { messages: [{ role: 'user', content: 'Hello.' }] }, ...body }),
    });
    return { status: answer.status, ...((await answer.json()) as object) };
  };
  const none = { error: { code: 'no_eligible_target', param: 'lane' } };
  expect(await refuse({ lane: 'flex', chain: ['anthropic/claude-haiku-4-5'] })).toMatchObject(none);
  expect(await refuse({ lane: 'batch', chain: ['openai/gpt-5.4-mini'] })).toMatchObject(none);
  expect(
    await refuse({
      lane: 'batch',
      within: '1s',
      deadline_policy: 'refuse',
      chain: ['anthropic/claude-haiku-4-5'],
    }),
  ).toMatchObject({ status: 422, error: { code: 'deadline_unmeetable', param: 'deadline' } });
});

test('a deadline that what waits will use up is said at submit, or refused', async () => {
  await start({
    config: { providers: { openai: { limits: { requests_per_minute: 60, burst_requests: 1 } } } },
    simulator: { latency: { p50_ms: 5, tokens_per_second: 0 } },
  });
  const live = { tier: 'standard', lane: 'live', within: '60s' };
  await stack.submitMany(40, live);
  await expect
    .poll(async () => (await stack.submitOne(1, { ...live, within: '3s' })).warnings, { timeout: 15_000 })
    .toMatchObject([{ code: 'deadline_at_risk', param: 'deadline' }]);
  const answer = await stack.request('/v1/jobs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      request: { messages: [{ role: 'user', content: 'Hello.' }] },
      chain: ['openai/gpt-5.4-mini'],
      within: '3s',
      deadline_policy: 'refuse',
    }),
  });
  expect(answer.status).toBe(422);
});
