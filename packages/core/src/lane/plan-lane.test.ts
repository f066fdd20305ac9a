import { lanesConfigSchema, type Lane, type Target } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { planLane, type PlanLaneInput } from './plan-lane.ts';

const HOUR = 3_600_000;
const PRICES: Record<string, Partial<Record<Lane, number>>> = {
  'openai/gpt-5.4-mini': { live: 2, flex: 1, batch: 1 },
  'anthropic/claude-haiku-4-5': { live: 3, batch: 1.5 },
  'local/qwen3': { live: 0 },
};

function plan(changes: Partial<PlanLaneInput> = {}) {
  return planLane({
    asked: 'auto',
    tier: 'flex',
    request: {},
    chain: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'],
    offer: (target: Target) => ({
      flex: PRICES[target]?.flex !== undefined,
      batch: PRICES[target]?.batch !== undefined,
    }),
    estimateUsd: (target, lane) => PRICES[target]?.[lane] ?? null,
    timeLeftMs: 24 * HOUR,
    liveWaitMs: () => null,
    isOpen: () => false,
    policy: lanesConfigSchema.parse({}),
    ...changes,
  });
}
const choice = (changes: Partial<PlanLaneInput> = {}) => {
  const found = plan(changes);
  return found.status === 'ok' ? found.choice : found;
};

describe('auto', () => {
  test.each(['priority', 'standard'] as const)('runs tier %s live, whatever the deadline', (tier) => {
    expect(choice({ tier })).toMatchObject({ lane: 'live', reason: 'tier' });
  });

  test('takes the batch when there is a day, and tells both prices', () => {
    expect(choice()).toEqual({ lane: 'batch', reason: 'cheapest_in_time', estimate_usd: 1, live_usd: 2 });
  });

  test('takes the flex tier when a batch would take too long', () => {
    expect(choice({ timeLeftMs: HOUR })).toMatchObject({ lane: 'flex', reason: 'cheapest_in_time' });
  });

  test('runs live when there is no time for anything cheaper', () => {
    expect(choice({ timeLeftMs: 60_000 })).toMatchObject({ lane: 'live', reason: 'no_time' });
  });

  test('runs live when no target is sold cheaper', () => {
    expect(choice({ chain: ['local/qwen3'] })).toMatchObject({ lane: 'live', reason: 'not_offered' });
  });

  test('does not turn to a lane that costs more than the first target live', () => {
    const chain: Target[] = ['local/qwen3', 'openai/gpt-5.4-mini'];
    expect(choice({ chain })).toMatchObject({ lane: 'live', reason: 'not_offered' });
  });

  test('starts at the first target that has the lane', () => {
    const chain: Target[] = ['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini'];
    expect(plan({ chain, timeLeftMs: HOUR })).toMatchObject({ targetIndex: 1, choice: { lane: 'flex' } });
  });

  test('passes over a target whose batch lane is open', () => {
    const isOpen = (target: Target) => target.startsWith('openai');
    expect(plan({ isOpen })).toMatchObject({ targetIndex: 1, choice: { lane: 'batch' } });
  });

  test('keeps a stream out of batches', () => {
    expect(choice({ request: { stream: true } })).toMatchObject({ lane: 'flex' });
    const chain: Target[] = ['anthropic/claude-haiku-4-5'];
    expect(choice({ chain, request: { stream: true } })).toMatchObject({ lane: 'live', reason: 'streaming' });
  });

  test('turns to the batch when what waits live would take past the deadline', () => {
    const found = choice({ timeLeftMs: HOUR, liveWaitMs: () => 2 * HOUR });
    expect(found).toMatchObject({ lane: 'batch', reason: 'live_too_slow' });
  });
});

describe('a lane that is asked for', () => {
  test('holds for every tier and deadline', () => {
    expect(choice({ asked: 'batch', tier: 'priority', timeLeftMs: 1_000 })).toMatchObject({
      lane: 'batch',
      reason: 'asked',
    });
    expect(choice({ asked: 'live' })).toMatchObject({ lane: 'live', reason: 'asked' });
  });

  test('leaves out targets that do not offer it, with a warning', () => {
    const found = plan({ asked: 'flex' });
    expect(found).toMatchObject({ chain: ['openai/gpt-5.4-mini'] });
    expect(found.status === 'ok' && found.warnings).toMatchObject([
      { code: 'target_skipped', target: 'anthropic/claude-haiku-4-5' },
    ]);
  });

  test('is an error when no target offers it', () => {
    expect(plan({ asked: 'batch', chain: ['local/qwen3'] })).toMatchObject({ status: 'error' });
  });
});
