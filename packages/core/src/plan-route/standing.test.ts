import { describe, expect, test } from 'vitest';
import type { TargetState } from '../world.ts';
import { chainOf, held, plan } from './plan-for-test.ts';

describe('what puts a target behind others, and never refuses a job', () => {
  const open = { breakers: { live: { state: 'open' as const, untilMs: 1 } } };
  test.each<[string, TargetState, string]>([
    ['an open breaker', open, 'breaker_open'],
    ['limits above 98 %', { limitsUsed: 0.99 }, 'limits_used_up'],
    ['limits above 90 %', { limitsUsed: 0.91 }, 'limits_nearly_used'],
    ['a spent budget', { budget: 'hard' }, 'budget_hard'],
    ['a budget that is nearly spent', { budget: 'soft' }, 'budget_soft'],
    ['slowness', { isSlow: true }, 'slow'],
    ['the status page', { hasReportedTrouble: true }, 'reported_trouble'],
  ])('%s', (_, state, code) => {
    const outcome = plan({}, { targets: { 'openai/gpt-5.4-mini': state } });
    expect(chainOf(outcome)).toEqual(['google/gemini-2.5-flash', 'openai/gpt-5.4-mini']);
    expect(held(outcome)).toEqual({ 'openai/gpt-5.4-mini': code });
    expect(
      chainOf(
        plan({ request: { model: 'openai/gpt-5.4-mini' } }, { targets: { 'openai/gpt-5.4-mini': state } }),
      ),
    ).toHaveLength(1);
  });

  test('what is out for now is behind what is only worse', () => {
    const targets = { 'openai/gpt-5.4-mini': open, 'anthropic/claude-haiku-4-5': { isSlow: true } };
    expect(chainOf(plan({ route: 'three' }, { targets }))).toEqual([
      'google/gemini-2.5-flash',
      'anthropic/claude-haiku-4-5',
      'openai/gpt-5.4-mini',
    ]);
  });

  test('a breaker of another lane says nothing', () => {
    const targets = {
      'openai/gpt-5.4-mini': { breakers: { batch: { state: 'open' as const, untilMs: 1 } } },
    };
    expect(chainOf(plan({}, { targets }))[0]).toBe('openai/gpt-5.4-mini');
  });

  test('a breaker that is probing, but for the tenth of the jobs that may test it', () => {
    const targets = { 'openai/gpt-5.4-mini': { breakers: { live: { state: 'half_open' as const } } } };
    const outcomes = Array.from({ length: 2_000 }, (_, n) => plan({}, { targets, seed: `job_${n}` }));
    const testing = outcomes.filter((outcome) => chainOf(outcome)[0] === 'openai/gpt-5.4-mini');
    expect(testing.length / 2_000).toBeCloseTo(0.1, 1);
    const others = outcomes.filter((outcome) => !testing.includes(outcome));
    expect(others.every((outcome) => held(outcome)['openai/gpt-5.4-mini'] === 'breaker_open')).toBe(true);
  });

  test('a ramp does not: the worker lets its share through', () => {
    const targets = {
      'openai/gpt-5.4-mini': { breakers: { live: { state: 'ramping' as const, share: 0.1 } } },
    };
    expect(chainOf(plan({}, { targets }))[0]).toBe('openai/gpt-5.4-mini');
    expect(held(plan({}, { targets }))).toEqual({});
  });

  test('a wait above max_wait', () => {
    const targets = { 'openai/gpt-5.4-mini': { waitMs: { standard: 60_001 } } };
    expect(held(plan({ route: 'patient' }, { targets }))).toEqual({ 'openai/gpt-5.4-mini': 'long_wait' });
    expect(held(plan({}, { targets }))).toEqual({});
  });

  test('a window that may be too small', () => {
    const request = { messages: [{ role: 'user' as const, content: 'a'.repeat(10_000) }] };
    expect(held(plan({ chain: ['local/small', 'openai/gpt-5.4'], request }))).toEqual({
      'local/small': 'context_tight',
    });
  });
});
