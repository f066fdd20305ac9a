import { readFileSync } from 'node:fs';
import { admitCall, advanceBreaker, forceBreaker, NEW_BREAKER, recordVerdict } from '@sluice/core';
import type { Breaker, BreakerPolicy } from '@sluice/core';
import * as fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import { encodeBreakerPolicy } from './encode-breaker-policy.ts';
import { decodeBreaker } from './stored-breaker.ts';

let server: TestRedis;
let redis: Redis;
beforeAll(async () => {
  server = await startTestRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis.disconnect();
  await server.close();
});

/** Takes the steps one after the other, each at its own time; answers what was said and stored after each. */
const DRIVER = `${readFileSync(new URL('./lua/include/breaker.lua', import.meta.url), 'utf8')}
local policy, answers, text = cjson.decode(ARGV[1]), {}, nil
for _, step in ipairs(cjson.decode(ARGV[2])) do
  local breaker, said = decode_breaker(text), ''
  if step.kind == 'admit' then
    local verdict, retry = admit_call(breaker, step.at, policy)
    said = verdict .. ' ' .. (retry or 0)
  elseif step.kind == 'force' then
    force_breaker(breaker, step.to, step.at)
  else
    record_verdict(breaker, step.verdict, breaker.epoch - step.behind, step.calls, step.failures, step.at, policy)
  end
  text = encode_breaker(breaker)
  answers[#answers + 1] = said
  answers[#answers + 1] = text
end
return answers`;

const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('admit' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      verdict: fc.constantFrom('ok' as const, 'failed' as const, 'failed' as const, 'neutral' as const),
      behind: fc.constantFrom(0, 0, 0, 1),
      calls: fc.integer({ min: 1, max: 60 }),
      failures: fc.integer({ min: 0, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('force' as const),
      to: fc.constantFrom('open' as const, 'closed' as const, 'auto' as const, 'auto' as const),
    }),
  },
);

const anyPolicy: fc.Arbitrary<BreakerPolicy> = fc.record({
  enabled: fc.constantFrom(true, true, true, false),
  windowMs: fc.constant(60_000),
  minCalls: fc.integer({ min: 1, max: 30 }),
  errorRate: fc.constantFrom(0.05, 0.25, 1),
  failuresInARow: fc.integer({ min: 1, max: 5 }),
  cooldownMs: fc.integer({ min: 1, max: 5_000 }),
  cooldownFactor: fc.constantFrom(1, 1.5, 2),
  maxCooldownMs: fc.integer({ min: 5_000, max: 20_000 }),
  probeTimeoutMs: fc.integer({ min: 1, max: 5_000 }),
  ramp: fc.constantFrom([], [1_000], [100, 250, 500, 1_000], [333, 333]),
  rampStepMs: fc.integer({ min: 1, max: 3_000 }),
});

test('the breaker inside Redis does what the one of the core does', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(
      anyPolicy,
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), anyStep), { minLength: 20, maxLength: 150 }),
      async (policy, moves) => {
        let at = 1_800_000_000_000;
        const steps = moves.map(([afterMs, step]) => ({ ...step, at: (at += afterMs) }));
        const args = [encodeBreakerPolicy(policy), JSON.stringify(steps)];
        const answers = (await redis.eval(DRIVER, 0, ...args)) as string[];
        let breaker: Breaker = NEW_BREAKER;
        steps.forEach((step, index) => {
          let said = '';
          if (step.kind === 'admit') {
            const asked = admitCall(breaker, step.at, policy);
            const { admission } = asked;
            said = admission.status === 'admitted' ? `${admission.as} 0` : `refused ${admission.retryInMs}`;
            breaker = asked.breaker;
          } else if (step.kind === 'force') {
            breaker = forceBreaker(breaker, step.to, step.at);
          } else {
            const { verdict, behind, calls, failures } = step;
            const epoch = breaker.epoch - behind;
            breaker = recordVerdict(
              breaker,
              { verdict, epoch, window: { calls, failures } },
              step.at,
              policy,
            );
          }
          seen.add(breaker.phase.state);
          expect(answers[index * 2]).toBe(said);
          expect(decodeBreaker(answers[index * 2 + 1])).toEqual(breaker);
          expect(advanceBreaker(decodeBreaker(answers[index * 2 + 1]), step.at + 9_999, policy)).toEqual(
            advanceBreaker(breaker, step.at + 9_999, policy),
          );
        });
      },
    ),
    { numRuns: 300 },
  );
  expect(seen).toEqual(new Set(['closed', 'open', 'half_open', 'ramping']));
});
