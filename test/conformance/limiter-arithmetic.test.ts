import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLimitBook } from '../../packages/limiter/src/limit-book.ts';
import { limiterKeys } from '../../packages/limiter/src/limiter-keys.ts';
import type { Application, PermitScripts, Settlement } from '../../packages/limiter/src/permit-scripts.ts';
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
  | { kind: 'acquire'; model: string; key: string; estimate: { inputTokens: number; outputTokens: number } }
  | { kind: 'again'; which: number }
  | { kind: 'release'; which: number; settlement: Settlement };

const counts = (most: number) => fc.record({ inputTokens: fc.nat(most), outputTokens: fc.nat(most) });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('acquire' as const),
      model: fc.constantFrom('gpt', 'meta/llama {4} x', 'free'),
      key: fc.constantFrom('-', 'main', 'spare'),
      estimate: fc.oneof(counts(20), counts(1_500)),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), which: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      which: fc.nat(20),
      settlement: fc.oneof(
        fc.constant<Settlement>({ kind: 'keep' }),
        fc.constant<Settlement>({ kind: 'return' }),
        fc.record({ kind: fc.constantFrom('settle' as const, 'at_least' as const), actual: counts(2_000) }),
      ),
    }),
  },
);

const perMinute = fc.integer({ min: 600_000, max: 60_000_000 });
const limits = fc.record(
  {
    requests_per_minute: fc.integer({ min: 6_000, max: 600_000 }),
    burst_requests: fc.integer({ min: 1, max: 20 }),
    tokens_per_minute: perMinute,
    input_tokens_per_minute: perMinute,
    output_tokens_per_minute: perMinute,
    requests_per_day: fc.integer({ min: 1, max: 40 }),
    tokens_per_day: fc.integer({ min: 100, max: 20_000 }),
    burst_tokens: fc.integer({ min: 10, max: 2_000 }),
    concurrency: fc.integer({ min: 1, max: 6 }),
    enforcement: fc.constantFrom('bucket' as const, 'window' as const),
    token_accounting: fc.constantFrom('actual' as const, 'estimate' as const),
  },
  { requiredKeys: ['burst_requests', 'burst_tokens'] },
);

it('answers exactly as the model of the buckets does, whatever is taken, claimed and released', async () => {
  const oneRun = fc.asyncProperty(
    fc.record({ provider: limits, model: limits, key: limits }),
    fc.array(step, { minLength: 5, maxLength: 60 }),
    async ({ provider, model, key }, steps) => {
      const book = createLimitBook({
        provider: { arrival_jitter_ms: 20, ...provider },
        models: {
          gpt: { arrival_jitter_ms: 20, ...model },
          'meta/llama {4} x': { arrival_jitter_ms: 0, ...model },
        },
        keys: { main: { arrival_jitter_ms: 20, ...key } },
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
  await fc.assert(oneRun, { numRuns: 200 });
});

type Acquisition = Extract<Step, { kind: 'acquire' }> & { name: string };

/** Takes every step in Redis and in the model; every acquisition and every release is made twice in Redis. */
async function play(scripts: PermitScripts, model: BucketModel, steps: readonly Step[]) {
  const held: { member: string; model: string; key: string }[] = [];
  const refused: Acquisition[] = [];
  const answers: unknown[] = [];
  const expected: unknown[] = [];

  async function ask(application: Application) {
    const asked = await scripts.acquire([application]);
    const [answer] = asked.status === 'ok' ? asked.outcomes : [];
    if (asked.status === 'failed' || !answer || answer.status === 'unknown' || answer.status === 'behind')
      throw new Error(JSON.stringify(asked));
    return { answer, nowMicroseconds: asked.nowMicroseconds };
  }

  async function acquire(asked: Acquisition): Promise<void> {
    const lease = { member: `${asked.name} ${asked.model}`, model: asked.model, key: asked.key };
    const { estimate, name: claimId } = asked;
    const { answer, nowMicroseconds } = await ask({ lease, estimate, claimId });
    const milliseconds = answer.status === 'granted' ? answer.waitMs : answer.retryMs;
    answers.push({ status: answer.status, milliseconds });
    expected.push(model.acquire({ ...lease, estimate, claimId, nowMicroseconds }));
    if (answer.status !== 'granted') return void refused.push(asked);
    held.push(lease);
    const { answer: again } = await ask({ lease, estimate, claimId });
    answers.push(again.status === 'granted' ? again.grant : again.status);
    expected.push(answer.grant);
  }

  for (const [index, each] of steps.entries()) {
    if (each.kind === 'acquire') await acquire({ ...each, name: `r${index}` });
    if (each.kind === 'again') {
      const [asked] = refused.splice(each.which % Math.max(1, refused.length), 1);
      if (asked) await acquire(asked);
    }
    if (each.kind !== 'release') continue;
    const [lease] = held.splice(each.which % Math.max(1, held.length), 1);
    if (!lease) continue;
    answers.push(
      await scripts.release(lease, each.settlement),
      await scripts.release(lease, each.settlement),
    );
    expected.push({ status: 'ok', reply: 1 }, { status: 'ok', reply: 0 });
    model.release(lease.member, each.settlement);
  }
  return { answers, expected };
}
