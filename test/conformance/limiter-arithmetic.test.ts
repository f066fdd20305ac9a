import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLimitBook } from '../../packages/limiter/src/limit-book.ts';
import { limiterKeys } from '../../packages/limiter/src/limiter-keys.ts';
import type { PermitScripts, Settlement } from '../../packages/limiter/src/permit-scripts.ts';
import { createPermitScripts, SLOTS_AHEAD_MS } from '../../packages/limiter/src/permit-scripts.ts';
import { BucketModel } from '../support/limiter-bucket-model.ts';
import type { LimiterRedis } from '../support/limiter-redis.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';

let server: LimiterRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startLimiterRedis();
  redis = await server.connect();
});
afterAll(() => server.close());

type Step =
  | { kind: 'acquire'; model: string; tokens: number }
  | { kind: 'release'; which: number; settlement: Settlement };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      model: fc.constantFrom('gpt', 'meta/llama {4} x', 'free'),
      tokens: fc.integer({ min: 0, max: 3_000 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      which: fc.nat(20),
      settlement: fc.oneof(
        fc.constant<Settlement>({ kind: 'keep' }),
        fc.constant<Settlement>({ kind: 'return' }),
        fc.record({ kind: fc.constant('settle' as const), actualTokens: fc.nat(4_000) }),
      ),
    }),
  },
);

const limits = fc.record(
  {
    requests_per_minute: fc.integer({ min: 6_000, max: 600_000 }),
    burst_requests: fc.integer({ min: 1, max: 20 }),
    tokens_per_minute: fc.integer({ min: 600_000, max: 60_000_000 }),
    burst_tokens: fc.integer({ min: 10, max: 2_000 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
  },
  { requiredKeys: ['burst_requests', 'burst_tokens'] },
);

it('answers exactly as the model of the buckets does, whatever is taken and released', async () => {
  const oneRun = fc.asyncProperty(
    limits,
    limits,
    fc.array(step, { minLength: 5, maxLength: 60 }),
    async (provider, model, steps) => {
      const book = createLimitBook({
        provider: { arrival_jitter_ms: 20, ...provider },
        models: {
          gpt: { arrival_jitter_ms: 20, ...model },
          'meta/llama {4} x': { arrival_jitter_ms: 0, ...model },
        },
      });
      const keys = limiterKeys(`test-${crypto.randomUUID()}`, 'openai');
      const scripts = createPermitScripts({
        redis,
        keys,
        leaseMs: 60_000,
        renewEveryMs: 5_000,
        timeoutMs: 5_000,
      });
      await scripts.publishLimits(book, 'replace');
      const { answers, expected } = await play(scripts, new BucketModel(book, SLOTS_AHEAD_MS), steps);
      expect(answers).toEqual(expected);
    },
  );
  await fc.assert(oneRun, { numRuns: 150 });
});

/** Takes every step in Redis and in the model; every acquisition and every release is made twice in Redis. */
async function play(scripts: PermitScripts, model: BucketModel, steps: readonly Step[]) {
  const held: { member: string; model: string }[] = [];
  const answers: unknown[] = [];
  const expected: unknown[] = [];
  for (const [index, each] of steps.entries()) {
    if (each.kind === 'release') {
      const [lease] = held.splice(each.which % Math.max(1, held.length), 1);
      if (!lease) continue;
      answers.push(
        await scripts.release(lease, each.settlement),
        await scripts.release(lease, each.settlement),
      );
      expected.push({ status: 'ok', reply: 1 }, { status: 'ok', reply: 0 });
      model.release(lease.member, each.settlement);
      continue;
    }
    const lease = { member: `r${index} ${each.model}`, model: each.model };
    const answer = await scripts.acquire(lease, each.tokens);
    if (answer.status === 'failed' || answer.status === 'unknown') throw new Error(answer.status);
    const milliseconds = answer.status === 'granted' ? answer.waitMs : answer.retryMs;
    answers.push({ status: answer.status, milliseconds });
    expected.push(model.acquire({ ...lease, tokens: each.tokens, nowMicroseconds: answer.nowMicroseconds }));
    if (answer.status !== 'granted') continue;
    held.push(lease);
    const again = await scripts.acquire(lease, each.tokens);
    answers.push(again.status === 'granted' ? again.grant : again.status);
    expected.push(answer.grant);
  }
  return { answers, expected };
}
