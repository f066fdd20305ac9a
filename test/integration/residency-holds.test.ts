import type { Config, Job } from '@sluice/contracts';
import { createLogger } from '@sluice/runtime';
import { startWorker } from '@sluice/worker';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';

const REQUEST = { messages: [{ role: 'user', content: 'Say hello.' }] };
const OPENAI = 'openai/gpt-5.4-mini';
const ANTHROPIC = 'anthropic/claude-haiku-4-5';

let stack: Stack;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stack = await startStack({
    workers: 0,
    config: {
      providers: {
        openai: {
          region: 'us',
          api_key: undefined,
          api_keys: [
            { name: 'west', key: 'sk-west' },
            { name: 'home', key: 'sk-home', region: 'eu' },
          ],
        },
        anthropic: { region: 'eu', zero_retention: true },
      },
      routes: {
        default: { targets: [OPENAI, ANTHROPIC] },
        turns: { strategy: 'round_robin', targets: [OPENAI, ANTHROPIC, 'google/gemini-2.5-flash'] },
      },
    },
  });
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
afterAll(() => stack.close());

/** A worker that has read another file since the jobs were planned. */
async function workWith(change: (config: Config) => void): Promise<void> {
  const config = structuredClone(stack.config);
  change(config);
  const worker = await startWorker({
    config,
    environment: stack.environment,
    logger: createLogger({ name: 'test', level: 'silent' }),
  });
  closers.push(() => worker.close());
}

const callsTo = (account: string): number =>
  stack.simulator.control.calls().filter((call) => call.account === account).length;

test('a job goes only with those keys of a pool that are in its region, at every strategy', async () => {
  const jobs: Job[] = [];
  for (let n = 0; n < 6; n += 1) {
    jobs.push(await stack.submit({ request: REQUEST, route: 'turns', residency: ['eu'] }));
  }
  for (const job of jobs) {
    expect(job.chain.toSorted()).toEqual([ANTHROPIC, OPENAI]);
    expect(job.decision).toMatchObject({
      excluded: [{ target: 'google/gemini-2.5-flash', code: 'residency' }],
    });
  }
  await workWith(() => undefined);
  for (const { id } of jobs) {
    const job = await stack.ended(id);
    expect(job.status).toBe('completed');
    expect(job.attempts.map(({ region }) => region)).toEqual(['eu']);
  }
});

test('a target that has been moved since gets no call: the attempt says why, and the job goes on or fails', async () => {
  const before = callsTo('openai');
  const chained = await stack.submit({ request: REQUEST, chain: [OPENAI, ANTHROPIC], residency: ['eu'] });
  const alone = await stack.submit({ request: REQUEST, chain: [OPENAI], residency: ['eu'] });
  const kept = await stack.submit({ request: REQUEST, chain: [ANTHROPIC], zero_retention: true });
  await workWith(({ providers }) => {
    for (const key of providers['openai']?.api_keys ?? []) key.region = 'us';
    (providers['anthropic'] as { zero_retention?: boolean }).zero_retention = false;
  });
  const moved = await stack.ended(chained.id);
  expect(moved.status).toBe('completed');
  expect(moved.attempts.map(({ target, status }) => [target, status])).toEqual([
    [OPENAI, 'failed'],
    [ANTHROPIC, 'succeeded'],
  ]);
  expect(moved.attempts[0]?.error?.message).toContain('runs in us, not in eu.');
  expect(await stack.ended(alone.id)).toMatchObject({ status: 'failed', usage: null });
  expect(await stack.ended(kept.id)).toMatchObject({ status: 'failed', usage: null });
  expect(callsTo('openai')).toBe(before);
});
