import { configSchema, jobSubmissionSchema, type JobSubmission } from '@sluice/contracts';
import { createModelCatalogue, EMPTY_WORLD, type World } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { createRouter, type Router } from './create-router.ts';

const targets = ['openai/gpt-5.4-mini', 'google/gemini-2.5-flash'] as const;
const config = configSchema.parse({
  providers: { openai: { kind: 'openai' }, google: { kind: 'google' } },
  routes: {
    split: {
      strategy: 'weighted',
      targets: [
        { target: targets[0], weight: 7 },
        { target: targets[1], weight: 3 },
      ],
    },
    turns: { strategy: 'round_robin', targets },
    idle: { strategy: 'least_wait', targets },
  },
});
const catalogue = createModelCatalogue({ overrides: config.models, providers: config.providers });
const caller = { tenant: 'default', keyId: 'key_1', allow: null };
const to = (route: string): JobSubmission =>
  jobSubmissionSchema.parse({ route, request: { messages: [{ role: 'user', content: 'Hello' }] } });

function router(world: () => World = () => EMPTY_WORLD): Router {
  return createRouter({ config: () => config, catalogue: () => catalogue, world });
}

function first({ plan }: ReturnType<Router['plan']>): string | undefined {
  return plan.status === 'ok' ? plan.chain[0] : undefined;
}

describe('four processes that know nothing of each other', () => {
  test.each([
    ['split', 0.7],
    ['turns', 0.5],
  ])('%s: shares are right within 2 %% over 10,000 jobs', (route, share) => {
    const routers = Array.from({ length: 4 }, () => router());
    let count = 0;
    for (let n = 0; n < 10_000; n += 1) {
      const planned = (routers[n % 4] as Router).planJob({
        submission: to(route),
        caller,
        id: `job_${n}`,
        nowMs: 0,
      });
      if (first(planned) === targets[0]) count += 1;
    }
    expect(Math.abs(count - 10_000 * share)).toBeLessThan(10_000 * share * 0.02);
  });
});

test('a plan that makes no job takes no turn', () => {
  const { plan, planJob } = router();
  const input = { submission: to('turns'), caller, id: 'job_1', nowMs: 0 };
  const asked = first(plan(input));
  expect(first(plan(input))).toBe(asked);
  expect(first(planJob(input))).toBe(asked);
  expect(first(plan(input))).not.toBe(asked);
});

test('jobs of one moment are spread by what each target takes for one, until the world is looked at again', () => {
  const world = (): World => ({
    nowMs: 0,
    targets: {
      'openai/gpt-5.4-mini': { waitMs: { standard: 0 }, paceMs: { standard: 10 } },
      'google/gemini-2.5-flash': { waitMs: { standard: 0 }, paceMs: { standard: 30 } },
    },
  });
  let seen = world();
  const { planJob } = router(() => seen);
  const plan = (n: number) => first(planJob({ submission: to('idle'), caller, id: `job_${n}`, nowMs: 0 }));
  const firsts = Array.from({ length: 40 }, (_, n) => plan(n));
  expect(firsts.filter((target) => target === 'openai/gpt-5.4-mini')).toHaveLength(30);
  seen = {
    nowMs: 1,
    readFromMs: Infinity,
    targets: { ...world().targets, 'openai/gpt-5.4-mini': { waitMs: { standard: 500 } } },
  };
  expect(plan(99)).toBe('google/gemini-2.5-flash');
});
