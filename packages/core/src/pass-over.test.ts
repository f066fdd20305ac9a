import type { Attempt, Target } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { passOver, type PassOverInput } from './pass-over.ts';

const input: PassOverInput = {
  chain: ['a/m', 'b/m', 'c/m'],
  targetIndex: 0,
  round: 1,
  rounds: 3,
  roundFirstAttempt: 1,
  attempts: [],
  contextWindow: () => null,
  policy: { attemptsPerTarget: 2, baseDelayMs: 500, maxDelayMs: 30_000, maxAttempts: 200 },
  random: 0.5,
  unavailableMs: () => 0,
};

function waits(by: Record<string, number>): (target: Target) => number {
  return (target) => by[target] ?? 0;
}

function failed(target: string, over: Partial<Attempt> = {}): Attempt {
  return {
    n: 1,
    target,
    status: 'failed',
    error: {
      code: 'server_error',
      message: '',
      status: 500,
      retryable: true,
      failover: true,
      retry_after_ms: null,
    },
    ...over,
  } as Attempt;
}

describe('a job whose target is open', () => {
  test('goes on to the next target of the chain', () => {
    expect(passOver({ ...input, unavailableMs: waits({ 'a/m': 9 }) })).toEqual({
      targetIndex: 1,
      round: 1,
      newRound: false,
      waitMs: 0,
    });
    const last = { ...input, targetIndex: 2, unavailableMs: waits({ 'c/m': 9 }) };
    expect(passOver(last)).toMatchObject({ targetIndex: 0 });
  });

  test('passes over every target that is open', () => {
    const unavailableMs = waits({ 'a/m': 9, 'b/m': 9 });
    expect(passOver({ ...input, unavailableMs })).toMatchObject({ targetIndex: 2, waitMs: 0 });
  });

  test('waits for the one that may be tried first when all are open', () => {
    const unavailableMs = waits({ 'a/m': 9, 'b/m': 7, 'c/m': 8 });
    expect(passOver({ ...input, unavailableMs })).toMatchObject({ targetIndex: 1, waitMs: 7 });
  });

  test('begins the next round where only those are well that have had their tries', () => {
    const attempts = [failed('b/m'), failed('b/m', { n: 2 })];
    const unavailableMs = waits({ 'a/m': 60_000, 'c/m': 60_000 });
    expect(passOver({ ...input, attempts, unavailableMs })).toEqual({
      targetIndex: 1,
      round: 2,
      newRound: true,
      waitMs: 250,
    });
  });

  test('waits, and does not fail, when there is no further round', () => {
    const attempts = [failed('b/m'), failed('b/m', { n: 2 })];
    const unavailableMs = waits({ 'a/m': 60_000, 'c/m': 50_000 });
    expect(passOver({ ...input, rounds: 1, attempts, unavailableMs })).toMatchObject({
      targetIndex: 2,
      newRound: false,
      waitMs: 50_000,
    });
    const only = { ...input, chain: ['a/m' as const], rounds: 1, attempts: [failed('a/m'), failed('a/m')] };
    expect(passOver({ ...only, unavailableMs })).toMatchObject({ targetIndex: 0, waitMs: 60_000 });
  });

  test('does not go where it was refused for good', () => {
    const error = { ...failed('b/m').error, code: 'auth', retryable: false } as Attempt['error'];
    const unavailableMs = waits({ 'a/m': 9 });
    expect(passOver({ ...input, attempts: [failed('b/m', { error })], unavailableMs })).toMatchObject({
      targetIndex: 2,
    });
  });

  test('a probe that failed has cost it nothing', () => {
    const attempts = [1, 2, 3, 4].map((n) => failed('b/m', { n, probe: true }));
    const unavailableMs = waits({ 'a/m': 9 });
    expect(passOver({ ...input, attempts, unavailableMs })).toMatchObject({ targetIndex: 1, round: 1 });
  });
});
