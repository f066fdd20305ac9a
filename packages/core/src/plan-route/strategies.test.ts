import { describe, expect, test } from 'vitest';
import { chainOf, codes, plan, type PlanOptions } from './plan-for-test.ts';

describe('strategies', () => {
  test('cheapest: by the estimated cost, without a price last', () => {
    expect(chainOf(plan({ route: 'cheap' }))).toEqual([
      'google/gemini-2.5-flash',
      'openai/gpt-5.4-mini',
      'anthropic/claude-haiku-4-5',
      'router/x/y',
    ]);
  });

  test('cheapest: not below the floor of quality', () => {
    const outcome = plan({ route: 'good_and_cheap' });
    expect(chainOf(outcome)).toEqual(['anthropic/claude-sonnet-5', 'anthropic/claude-opus-5']);
    expect(codes(outcome)).toEqual({ 'openai/gpt-5.4-mini': 'quality' });
  });

  test('fastest: by the median of the tier, to the first token for who streams', () => {
    const latency = (firstTokenP50Ms: number, totalP50Ms: number) => ({
      latency: { standard: { firstTokenP50Ms, totalP50Ms, totalP95Ms: null } },
    });
    const targets = {
      'openai/gpt-5.4-mini': latency(100, 900),
      'google/gemini-2.5-flash': latency(200, 800),
    };
    expect(chainOf(plan({ route: 'swift' }, { targets }))[0]).toBe('google/gemini-2.5-flash');
    expect(chainOf(plan({ route: 'swift', request: { stream: true } }, { targets }))[0]).toBe(
      'openai/gpt-5.4-mini',
    );
    // Another tier's figures say nothing.
    expect(chainOf(plan({ route: 'swift', tier: 'flex' }, { targets }))[0]).toBe('openai/gpt-5.4-mini');
  });

  test('among equals the target that has the prompt in its cache goes first, and never before a better one', () => {
    const warmTarget = 'google/gemini-2.5-flash';
    expect(chainOf(plan({ route: 'swift' }))[0]).toBe('openai/gpt-5.4-mini');
    expect(chainOf(plan({ route: 'swift' }, { warmTarget }))[0]).toBe(warmTarget);
    const total = (totalP50Ms: number) => ({
      latency: { standard: { firstTokenP50Ms: null, totalP50Ms, totalP95Ms: null } },
    });
    const targets = { 'openai/gpt-5.4-mini': total(700), 'google/gemini-2.5-flash': total(800) };
    expect(chainOf(plan({ route: 'swift' }, { warmTarget, targets }))[0]).toBe('openai/gpt-5.4-mini');
    // An order that the operator gave is no matter of equals.
    expect(chainOf(plan({ route: 'default' }, { warmTarget }))[0]).toBe('openai/gpt-5.4-mini');
  });

  test('fastest: an unknown latency is tried by a tenth of the jobs', () => {
    const known = { latency: { standard: { firstTokenP50Ms: 1, totalP50Ms: 1, totalP95Ms: 1 } } };
    const targets = { 'openai/gpt-5.4-mini': known };
    const firsts = Array.from(
      { length: 2_000 },
      (_, n) => chainOf(plan({ route: 'swift' }, { targets, seed: `j${n}` }))[0],
    );
    const share = firsts.filter((target) => target === 'google/gemini-2.5-flash').length / 2_000;
    expect(share).toBeGreaterThan(0.07);
    expect(share).toBeLessThan(0.13);
  });

  test('weighted: shares are right within 2 % over 10,000 plans, and in four processes together', () => {
    for (const starts of [[0], [123_456, 7, 999_999, 31_337]]) {
      const count = firstsOf('split', { plans: 10_000, starts });
      expect(count['openai/gpt-5.4-mini'] ?? 0).toBeGreaterThan(7_500 * 0.98);
      expect(count['openai/gpt-5.4-mini'] ?? 0).toBeLessThan(7_500 * 1.02);
    }
  });

  test('weighted: a failing target gets less, and its share back when it recovers', () => {
    const failing = { targets: { 'openai/gpt-5.4-mini': { errorRate: 0.5 } } };
    const share = (options: PlanOptions) =>
      (firstsOf('split', { plans: 2_000, starts: [5] }, options)['openai/gpt-5.4-mini'] ?? 0) / 2_000;
    expect(share(failing)).toBeCloseTo((3 * 0.125) / (3 * 0.125 + 1), 1);
    expect(share({ targets: { 'openai/gpt-5.4-mini': { errorRate: 0 } } })).toBeCloseTo(0.75, 2);
  });

  test('round_robin: each in its turn, within 2 % over 10,000 plans, and in four processes together', () => {
    for (const starts of [[0], [1, 50, 333, 1_000]]) {
      for (const count of Object.values(firstsOf('turns', { plans: 10_000, starts }))) {
        expect(Math.abs(count - 10_000 / 3)).toBeLessThan((10_000 / 3) * 0.02);
      }
    }
    expect(plan({ route: 'turns' })).toMatchObject({ turned: ['turns'] });
  });

  test('least_wait: where the job starts first, what was just planned counted', () => {
    const targets = {
      'openai/gpt-5.4-mini': { waitMs: { standard: 900 } },
      'anthropic/claude-haiku-4-5': { waitMs: { standard: 100 }, paceMs: { standard: 500 } },
      'google/gemini-2.5-flash': { waitMs: { standard: 400 } },
    };
    expect(chainOf(plan({ route: 'idle' }, { targets }))).toEqual([
      'anthropic/claude-haiku-4-5',
      'google/gemini-2.5-flash',
      'openai/gpt-5.4-mini',
    ]);
    const plannedSince = (target: string): number => (target === 'anthropic/claude-haiku-4-5' ? 1 : 0);
    expect(chainOf(plan({ route: 'idle' }, { targets, plannedSince }))[0]).toBe('google/gemini-2.5-flash');
  });

  test('a budget that is nearly spent turns every strategy to the cheapest', () => {
    const caller = { tenant: 'default', keyId: 'k', forced: null, budget: 'soft' as const };
    expect(chainOf(plan({ route: 'three' }, { caller }))[0]).toBe('google/gemini-2.5-flash');
  });
});

function firstsOf(
  route: string,
  { plans, starts }: { plans: number; starts: readonly number[] },
  options: PlanOptions = {},
): Record<string, number> {
  const count: Record<string, number> = {};
  for (const start of starts) {
    for (let n = 0; n < plans / starts.length; n += 1) {
      const [first] = chainOf(
        plan({ route }, { turnOf: () => start + n, seed: `job_${start}_${n}`, ...options }),
      );
      count[first as string] = (count[first as string] ?? 0) + 1;
    }
  }
  return count;
}
