import type { Job } from '@sluice/contracts';
import { afterEach, expect, test } from 'vitest';
import { openHealth } from '../support/open-health.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const CONCURRENCY = 16;
const PRIMARY = { provider: 'openai', model: 'gpt-5.4-mini', lane: 'live' } as const;

let stack: Stack;
let health: ReturnType<typeof openHealth>;
afterEach(async () => {
  health.close();
  await stack.close();
});

test.each([
  { workers: 1, kind: 'server_error' },
  { workers: 2, kind: 'connection_reset' },
] as const)(
  'an outage with $workers workers ($kind) wastes what was in flight and few calls more, and ends over the ramp',
  async ({ workers, kind }) => {
    stack = await startStack({
      workers,
      capacity: CONCURRENCY / workers,
      simulator: { latency: { p50_ms: 20, tokens_per_second: 0 } },
      config: { breaker: { cooldown: '3s', max_cooldown: '1m', ramp_step: '500ms' } },
    });
    health = openHealth(stack);
    await stack.simulator.control.setFaults([{ account: 'openai', kind, from_call: 200 }]);

    const jobs = await finish(1_000);
    expect(jobs.filter(({ status }) => status !== 'completed')).toEqual([]);
    const wasted = calls().filter(({ status }) => status !== 200).length;
    const probes = jobs.flatMap(({ attempts }) => attempts).filter(({ probe }) => probe).length;
    console.log(`wasted: ${wasted}, ${probes} of them probes (${workers} workers, ${kind})`);
    expect(calls().filter(({ status }) => status === 200)).toHaveLength(199);
    expect(wasted).toBeLessThanOrEqual(CONCURRENCY + 10);
    // Who was passed on has not paid for it with an attempt; a call of no job is the broker's own probe.
    const failed = jobs.flatMap(({ attempts }) => attempts).filter(({ status }) => status !== 'succeeded');
    expect(failed.length).toBeLessThanOrEqual(wasted);
    expect(wasted - failed.length).toBeLessThanOrEqual(2);

    await stack.simulator.control.setFaults([]);
    const { epoch } = (await health.store.breakers('openai')).get('live|gpt-5.4-mini') ?? {};
    const shares: number[] = [];
    await until(
      async () => {
        const before = calls().length;
        const more = await finish(100);
        expect(more.filter(({ status }) => status !== 'completed')).toEqual([]);
        shares.push(calls().length - before);
        return (await breaker())?.phase.state === 'closed' && shares.at(-1) === 100;
      },
      { what: 'all of the traffic to be back' },
    );
    console.log(`shares of 100 jobs: ${shares.join(' ')}`);
    expect((await breaker())?.epoch).toBe(epoch);
    expect(shares.some((share) => share >= 5 && share <= 60)).toBe(true);
  },
  60_000,
);

async function breaker() {
  return (await health.store.breakers(PRIMARY.provider)).get(`${PRIMARY.lane}|${PRIMARY.model}`);
}

function calls() {
  return stack.simulator.control.calls().filter(({ account }) => account === 'openai');
}

async function finish(count: number): Promise<Job[]> {
  const submitted = await Promise.all(
    Array.from({ length: count }, (_, n) =>
      stack.submit({ request: { messages: [{ role: 'user', content: `Question ${n}` }] } }),
    ),
  );
  // One after the other: asking for all of them all the time would be most of the load.
  const ended: Job[] = [];
  for (const { id } of submitted) ended.push(await stack.ended(id, 50_000));
  return ended;
}
