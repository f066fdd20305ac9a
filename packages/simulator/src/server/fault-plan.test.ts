import { expect, test } from 'vitest';
import { faultRuleSchema, type FaultRuleInput } from '../config/fault-rule.ts';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';

function planOf(...rules: FaultRuleInput[]): FaultPlan {
  const plan = createFaultPlan({ random: createSeededRandom(1) });
  plan.set(rules.map((rule) => faultRuleSchema.parse(rule)));
  return plan;
}

function kinds(
  plan: FaultPlan,
  count: number,
  call: { account: string; model: string; key?: string } = { account: 'a', model: 'm' },
): (string | null)[] {
  return Array.from({ length: count }, () => plan.next({ key: 'k', ...call })?.kind ?? null);
}

test('a rule hits only its account and model', () => {
  const plan = planOf(
    { account: 'a', model: 'm', kind: 'server_error' },
    { account: '*', kind: 'unavailable' },
  );
  expect(kinds(plan, 1)).toEqual(['server_error']);
  expect(kinds(plan, 1, { account: 'a', model: 'other' })).toEqual(['unavailable']);
  expect(kinds(plan, 1, { account: 'b', model: 'm' })).toEqual(['unavailable']);
});

test('a rule with a key hits only the calls of that key', () => {
  const plan = planOf({ account: 'a', key: 'first', kind: 'unauthorized' });
  expect(kinds(plan, 1, { account: 'a', model: 'm', key: 'first' })).toEqual(['unauthorized']);
  expect(kinds(plan, 1, { account: 'a', model: 'm', key: 'second' })).toEqual([null]);
});

test('times and from_call bound a rule, and the next one follows', () => {
  const plan = planOf(
    { account: 'a', kind: 'server_error', from_call: 2, times: 2 },
    { account: 'a', kind: 'unavailable', times: 2 },
  );
  expect(kinds(plan, 6)).toEqual(['unavailable', 'server_error', 'server_error', 'unavailable', null, null]);
});

test('shares add up and exclude each other', () => {
  const plan = planOf(
    { account: 'a', kind: 'unavailable', probability: 0.5 },
    { account: 'a', kind: 'rate_limited', probability: 0.25 },
  );
  const hits = kinds(plan, 10_000);
  const share = (kind: string | null): number => hits.filter((hit) => hit === kind).length / hits.length;
  expect(share('unavailable')).toBeCloseTo(0.5, 1);
  expect(share('rate_limited')).toBeCloseTo(0.25, 1);
  expect(share(null)).toBeCloseTo(0.25, 1);
});

test('setting rules starts their counts anew', () => {
  const plan = planOf({ account: 'a', kind: 'unavailable', times: 1 });
  expect(kinds(plan, 2)).toEqual(['unavailable', null]);
  plan.set(plan.rules());
  expect(kinds(plan, 1)).toEqual(['unavailable']);
});
