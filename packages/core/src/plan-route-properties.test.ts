import {
  CAPABILITIES,
  configSchema,
  isRegionAllowed,
  QUALITIES,
  STRATEGIES,
  TIERS,
  type ChatRequest,
  type Config,
  type Target,
} from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createModelCatalogue } from './model-catalogue.ts';
import { planRoute, type PlanRouteInput } from './plan-route.ts';
import { mayCall } from './plan-route/may-call.ts';
import { requestFeatures } from './plan-route/request-features.ts';
import type { TargetState, World } from './world.ts';

const REGIONS = ['eu', 'eu-west-1', 'europe', 'us', 'us-east-1', 'ap'] as const;
const MODELS = ['m0', 'm1', 'm2', 'm3'] as const;
const PROVIDERS = ['p0', 'p1', 'p2', 'p3'] as const;
const TARGETS = PROVIDERS.flatMap((provider) => MODELS.map((model): Target => `${provider}/${model}`));
const ROUTES = ['r0', 'r1', 'r2'] as const;

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const region = fc.constantFrom(...REGIONS);
const target = fc.constantFrom(...TARGETS);

const route = (inner: readonly string[]) => {
  const name = fc.oneof(target, ...(inner.length > 0 ? [fc.constantFrom(...inner)] : []));
  return fc.record({
    strategy: fc.constantFrom(...STRATEGIES),
    targets: fc.array(fc.record({ target: name, weight: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 6,
    }),
    when: fc.array(
      fc.record({
        if: fc.oneof(
          fc.record({ tags: fc.constantFrom('a', 'b') }),
          fc.record({ tier: fc.constantFrom(...TIERS) }),
          fc.record({ needs: fc.constantFrom(...CAPABILITIES) }),
        ),
        use: fc.array(name, { minLength: 1, maxLength: 3 }),
      }),
      { maxLength: 2 },
    ),
  });
};

/** Undefined members are left out, as YAML would. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const configs: fc.Arbitrary<Config> = fc
  .record({
    providers: fc.record(
      Object.fromEntries(
        PROVIDERS.map((name) => [
          name,
          fc.record({
            kind: fc.constantFrom('openai', 'anthropic', 'vllm'),
            region: maybe(region),
            zero_retention: maybe(fc.boolean()),
          }),
        ]),
      ),
    ),
    models: fc.dictionary(
      target,
      fc.record({
        region: maybe(region),
        zero_retention: maybe(fc.boolean()),
        class: maybe(fc.constantFrom('economy', 'standard', 'frontier')),
      }),
      { maxKeys: 6 },
    ),
    // A later route may hold earlier ones, so there are no loops.
    routes: fc.record({ r0: route([]), r1: route(['r0']), r2: route(['r0', 'r1']) }),
  })
  .map((raw): Config => configSchema.parse(plain(raw)));

const state = fc.record({
  breakers: maybe(
    fc.record({
      live: fc.oneof(
        fc.constant({ state: 'open' as const, untilMs: 1 }),
        fc.constant({ state: 'half_open' as const }),
        fc.record({
          state: fc.constant('ramping' as const),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      ),
    }),
  ),
  errorRate: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
  limitsUsed: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
  waitMs: maybe(fc.record({ standard: fc.integer({ min: 0, max: 100_000 }) })),
  budget: maybe(fc.constantFrom('soft' as const, 'hard' as const)),
});
const worlds = fc
  .dictionary(target, state)
  .map((targets): World => ({ nowMs: 0, targets: targets as Record<Target, TargetState> }));

const submissions = fc.record({
  route: fc.constantFrom(...ROUTES),
  tier: fc.constantFrom(...TIERS),
  tags: fc.subarray(['a', 'b']),
  residency: maybe(fc.uniqueArray(region, { minLength: 1, maxLength: 2 })),
  zero_retention: maybe(fc.boolean()),
  quality: maybe(fc.constantFrom(...QUALITIES)),
  stream: fc.boolean(),
});

const inputs = fc
  .record({
    config: configs,
    world: worlds,
    submission: submissions,
    forced: fc.option(
      fc.record({
        residency: maybe(fc.array(region, { minLength: 1, maxLength: 2 })),
        zero_retention: maybe(fc.constant(true)),
      }),
    ),
    turn: fc.nat(),
    seed: fc.string(),
    budget: maybe(fc.constant('soft' as const)),
  })
  .map(({ config, world, submission: { stream, ...submission }, forced, turn, seed, budget }) => {
    const request = { messages: [{ role: 'user', content: 'Hello' }], stream } as ChatRequest;
    const input = {
      submission: { metadata: {}, ...submission, request },
      features: requestFeatures(request),
      config,
      catalogue: createModelCatalogue({ overrides: config.models, providers: config.providers }),
      world,
      caller: { tenant: 'default', keyId: 'k', forced, budget },
      nowMs: 0,
      seed,
      turnOf: () => turn,
    };
    return input satisfies PlanRouteInput;
  });

/** Written anew on purpose: what the rule says, not how the planner does it. */
function isIn(
  regions: readonly string[],
  found: Target,
  { providers, models }: Pick<Config, 'providers' | 'models'>,
): boolean {
  const stated = [providers[found.split('/')[0] as string]?.region, models[found]?.region].filter(
    (place) => place !== undefined,
  );
  return stated.length > 0 && stated.every((place) => isRegionAllowed(place, regions));
}

describe('whatever the configuration, the world and the strategy', () => {
  test('residency and zero retention, of the job and of its key, are never broken', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planRoute(input);
        if (plan.status !== 'ok') return;
        const { submission, caller, config } = input;
        for (const found of plan.chain) {
          for (const regions of [submission.residency, caller.forced?.residency]) {
            if (regions) expect(isIn(regions, found, config)).toBe(true);
          }
          if (submission.zero_retention || caller.forced?.zero_retention) {
            const provider = config.providers[found.split('/')[0] as string];
            expect(config.models[found]?.zero_retention ?? provider?.zero_retention).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a worker that asks again gets the same answer for every target of the chain, and refuses those left out', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planRoute(input);
        const { submission, caller, config, catalogue } = input;
        const ask = (found: Target) =>
          mayCall(
            {
              target: found,
              model: catalogue.resolve(found),
              provider: config.providers[found.split('/')[0] as string],
              request: submission.request,
            },
            { filters: submission, forced: caller.forced },
          ).status;
        const chain = plan.status === 'ok' ? plan.chain : [];
        const excluded = 'excluded' in plan ? plan.excluded : [];
        const forbidden = excluded.filter(({ code }) => code === 'residency' || code === 'zero_retention');
        expect(chain.map(ask)).toEqual(chain.map(() => 'ok'));
        expect(forbidden.map((left) => ask(left.target))).toEqual(forbidden.map(() => 'no'));
      }),
      { numRuns: 300 },
    );
  });

  test('the same input yields the same plan, and nothing of it is changed', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const before = JSON.stringify([input.config, input.world, input.submission]);
        expect(planRoute(input)).toEqual(planRoute(input));
        expect(JSON.stringify([input.config, input.world, input.submission])).toBe(before);
      }),
      { numRuns: 200 },
    );
  });

  test('health and load set the order, and never who is in the chain or whether there is one', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const plan = planRoute(input);
        const calm = planRoute({ ...input, world: { nowMs: 0, targets: {} } });
        expect(plan.status).toBe(calm.status);
        if (plan.status !== 'ok' || calm.status !== 'ok') return;
        expect(plan.chain.toSorted()).toEqual(calm.chain.toSorted());
        expect(new Set(plan.chain).size).toBe(plan.chain.length);
        const ranks = plan.order.map(({ standing }) => standing.rank);
        expect(ranks).toEqual(ranks.toSorted((left, right) => left - right));
      }),
      { numRuns: 300 },
    );
  });
});
