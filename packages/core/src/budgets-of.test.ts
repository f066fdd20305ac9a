import { budgetConfigSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { budgetsOf } from './budgets-of.ts';

const BUDGETS = [
  { scope: 'installation', month_usd: 1_000 },
  { scope: 'tenant', day_usd: 5 },
  { scope: 'tenant', name: 'big', day_usd: 500 },
  { scope: 'tag', name: 'trial', day_usd: 1 },
  { scope: 'provider', name: 'openai', day_usd: 50 },
  { scope: 'model', day_usd: 20 },
].map((budget) => budgetConfigSchema.parse(budget));
const SUBJECT = { tenant: 'small', keyId: 'key_1', tags: ['trial', 'trial', 'x'], task: null, route: null };
const idsOf = (...input: Parameters<typeof budgetsOf>): string[] => budgetsOf(...input).map(({ id }) => id);

test('a job counts against those of its own, once each', () => {
  expect(idsOf(SUBJECT, BUDGETS)).toEqual(['installation', 'tenant/small', 'tag/trial']);
});

test('a call counts against those of its target too', () => {
  expect(idsOf({ ...SUBJECT, tags: [] }, BUDGETS, 'openai/gpt-5')).toEqual([
    'installation',
    'tenant/small',
    'provider/openai',
    'model/openai/gpt-5',
  ]);
});

test('one with a name goes over the one for each, whatever their order', () => {
  for (const budgets of [BUDGETS, BUDGETS.toReversed()]) {
    const [found] = budgetsOf({ ...SUBJECT, tenant: 'big' }, budgets).filter(({ id }) => id === 'tenant/big');
    expect(found?.config.day_usd).toBe(500);
  }
});
