import type { ChildProcess } from 'node:child_process';
import type { Job } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
afterEach(() => stack.close());

const TIERS = ['priority', 'standard', 'flex'] as const;
const JOBS_OF_EACH = 170;
const LOOKED_AT = 240;

async function kill(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

test('tiers keep their shares over several processes while one after the other is killed', async () => {
  stack = await startStack({
    workers: 0,
    simulator: { latency: { p50_ms: 40, tokens_per_second: 0 } },
    config: {
      providers: { openai: { limits: { requests_per_minute: 1_500, burst_requests: 10 } } },
      routes: { default: { targets: ['openai/gpt-5.4-mini'] } },
    },
  });
  const jobs: Job[] = [];
  for (let n = 0; n < JOBS_OF_EACH; n += 1) {
    const request = { messages: [{ role: 'user', content: 'Say hello.' }] };
    jobs.push(...(await Promise.all(TIERS.map((tier) => stack.submit({ request, tier, lane: 'live' })))));
  }
  const calls = (): number => stack.simulator.control.summary().calls;
  let workers = await Promise.all([stack.spawnWorker(['openai']), stack.spawnWorker(['openai'])]);
  for (const part of [1, 2]) {
    await until(() => calls() > (part * LOOKED_AT) / 3, { what: `part ${part} of the drain` });
    const [oldest, ...others] = workers;
    await kill(oldest as ChildProcess);
    workers = [...others, await stack.spawnWorker(['openai'])];
  }
  await until(() => calls() >= LOOKED_AT, { what: 'the last part of the drain' });

  const seen = await Promise.all(jobs.map(({ id }) => stack.job(id)));
  const started = seen.filter((job) => job.started_at !== null);
  const order = started
    .toSorted(
      (first, second) => Date.parse(first.started_at as string) - Date.parse(second.started_at as string),
    )
    // While priority jobs wait: after that the others have its share.
    .slice(0, Math.floor((JOBS_OF_EACH * 12) / 8) - 20);
  const share = (tier: string): number => order.filter((job) => job.tier === tier).length / order.length;
  expect(order.length).toBeGreaterThan(200);
  expect(share('priority')).toBeGreaterThan(8 / 12 - 0.06);
  expect(share('priority')).toBeLessThan(8 / 12 + 0.06);
  expect(share('standard')).toBeGreaterThan(3 / 12 - 0.05);
  expect(share('flex')).toBeGreaterThan(1 / 12 - 0.03);
  expect(seen.every((job) => job.status !== 'failed')).toBe(true);
});
