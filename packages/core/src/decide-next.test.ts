import type { Attempt, AttemptError, AttemptErrorCode, Target } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { decideNext, type DecideNextInput, type NextStep } from './decide-next.ts';

const A: Target = 'openai/a';
const B: Target = 'anthropic/b';
const C: Target = 'google/c';
const NOW = Date.parse('2026-01-01T12:00:00.000Z');

const RETRYABLE: readonly AttemptErrorCode[] = [
  'rate_limited',
  'overloaded',
  'timeout',
  'network',
  'server_error',
  'truncated',
  'malformed_response',
];
/** Not again at this target, but another one may do it. */
const FAILOVER_ONLY: readonly AttemptErrorCode[] = ['auth', 'billing', 'content_filter', 'context_window'];

function errorOf(code: AttemptErrorCode, changes: Partial<AttemptError> = {}): AttemptError {
  const retryable = RETRYABLE.includes(code);
  return {
    code,
    message: `it was ${code}`,
    status: null,
    retryable,
    failover: retryable || FAILOVER_ONLY.includes(code),
    retry_after_ms: null,
    ...changes,
  };
}

function failed(target: Target, error: AttemptError, changes: Partial<Attempt> = {}): Attempt {
  return {
    n: 0,
    target,
    provider_key: 'default',
    region: null,
    lane: 'live',
    status: 'failed',
    started_at: new Date(NOW - 1_000).toISOString(),
    finished_at: new Date(NOW).toISOString(),
    queue_wait_ms: 0,
    first_token_ms: null,
    latency_ms: 1_000,
    error,
    usage: null,
    cost_usd: null,
    price_version: null,
    template_version: null,
    ...changes,
  };
}

/** What comes after these failures, in this order; the last one has just happened. */
function after(
  history: readonly (readonly [Target, AttemptErrorCode | AttemptError, Partial<Attempt>?])[],
  changes: Partial<DecideNextInput> = {},
): NextStep {
  const attempts = history.map(([target, error, more], index) =>
    failed(target, typeof error === 'string' ? errorOf(error) : error, { n: index + 1, ...more }),
  );
  const last = attempts.at(-1) as Attempt;
  const chain = changes.chain ?? [A, B, C];
  return decideNext({
    chain,
    targetIndex: chain.indexOf(last.target as Target),
    round: 1,
    rounds: 3,
    roundFirstAttempt: 1,
    attempts,
    error: last.error as AttemptError,
    onRefusal: 'fail',
    contextWindow: () => null,
    policy: { attemptsPerTarget: 2, baseDelayMs: 500, maxDelayMs: 30_000, maxAttempts: 200 },
    nowMs: NOW,
    random: 0.5,
    ...changes,
  });
}

describe('a fault that is likely gone a moment later', () => {
  test.each(['network', 'server_error', 'truncated', 'malformed_response'] as const)(
    '%s: the same target again, after a backoff',
    (code) => {
      expect(after([[A, code]])).toEqual({
        action: 'requeue',
        targetIndex: 0,
        round: 1,
        newRound: false,
        delayMs: 250,
      });
    },
  );

  test('not before the time that the provider asked for', () => {
    expect(after([[A, errorOf('server_error', { retry_after_ms: 7_000 })]])).toMatchObject({
      targetIndex: 0,
      delayMs: 7_000,
    });
  });

  test('then the next target, at once', () => {
    expect(
      after([
        [A, 'server_error'],
        [A, 'network'],
      ]),
    ).toMatchObject({ targetIndex: 1, delayMs: 0 });
  });

  test('failures of an earlier round do not count against the target', () => {
    const history = [
      [A, 'server_error'],
      [A, 'server_error'],
      [A, 'server_error'],
    ] as const;
    expect(after(history, { round: 2, roundFirstAttempt: 3 })).toMatchObject({ targetIndex: 0, round: 2 });
  });
});

test('a timeout has cost enough: the next target at once', () => {
  expect(after([[A, 'timeout']])).toMatchObject({ action: 'requeue', targetIndex: 1, delayMs: 0 });
});

describe('a worker that was lost', () => {
  const lost = [A, 'server_error', { status: 'abandoned' }] as const;
  test('counts as a failure of the target', () => {
    expect(after([lost, lost])).toMatchObject({ targetIndex: 1 });
  });
  test('handing back does not', () => {
    const handedBack = [
      A,
      errorOf('cancelled', { retryable: true, failover: true }),
      { status: 'abandoned' },
    ];
    const history = [handedBack, handedBack, [A, 'server_error']] as unknown as Parameters<typeof after>[0];
    expect(after(history)).toMatchObject({ targetIndex: 0 });
  });
});

describe('a target that only refuses for now', () => {
  test.each(['rate_limited', 'overloaded'] as const)(
    '%s: the next target at once, in the same round',
    (code) => {
      expect(after([[A, code]])).toEqual({
        action: 'requeue',
        targetIndex: 1,
        round: 1,
        newRound: false,
        delayMs: 0,
      });
    },
  );

  test('when all refuse, the one that asked for the shortest wait', () => {
    const refusal = (retryAfterMs: number) => errorOf('rate_limited', { retry_after_ms: retryAfterMs });
    expect(
      after([
        [A, refusal(9_000)],
        [B, refusal(2_000)],
        [C, refusal(5_000)],
      ]),
    ).toEqual({
      action: 'requeue',
      targetIndex: 1,
      round: 1,
      newRound: false,
      delayMs: 2_000,
    });
  });

  test('time that has passed since then is taken off the wait', () => {
    const refusal = errorOf('rate_limited', { retry_after_ms: 9_000 });
    const early = { finished_at: new Date(NOW - 8_000).toISOString() };
    expect(
      after(
        [
          [A, refusal, early],
          [B, refusal],
        ],
        { chain: [A, B] },
      ),
    ).toMatchObject({
      targetIndex: 0,
      delayMs: 1_000,
    });
  });

  test('alone in the chain and without a hint, waits longer with every refusal', () => {
    const waits = [1, 2, 3, 4].map((count) => {
      const step = after(
        Array.from({ length: count }, () => [A, 'overloaded'] as const),
        { chain: [A] },
      );
      return step.action === 'requeue' ? step.delayMs : null;
    });
    expect(waits).toEqual([250, 500, 1_000, 2_000]);
  });

  test('between two tries takes neither of them away', () => {
    const history = [
      [A, 'server_error'],
      [A, 'rate_limited'],
    ] as const;
    expect(after(history, { chain: [A], rounds: 1 })).toMatchObject({ targetIndex: 0, round: 1 });
    expect(after([...history, [A, 'server_error']], { chain: [A], rounds: 1 })).toMatchObject({
      action: 'fail',
      code: 'all_targets_failed',
    });
  });

  test('a limited target is preferred to a new round: a durable queue waits', () => {
    const refusal = errorOf('rate_limited', { retry_after_ms: 60_000 });
    expect(
      after([
        [A, refusal],
        [B, 'timeout'],
        [C, 'timeout'],
      ]),
    ).toMatchObject({
      targetIndex: 0,
      round: 1,
      delayMs: 60_000,
    });
  });
});

describe('rounds', () => {
  const round = [
    [A, 'timeout'],
    [B, 'timeout'],
    [C, 'timeout'],
  ] as const;

  test('after the last target the chain begins again, after a backoff', () => {
    expect(after(round)).toEqual({
      action: 'requeue',
      targetIndex: 0,
      round: 2,
      newRound: true,
      delayMs: 250,
    });
  });

  test('the pause before a later round is longer', () => {
    expect(after([...round, ...round], { round: 2, roundFirstAttempt: 4 })).toMatchObject({
      round: 3,
      newRound: true,
      delayMs: 500,
    });
  });

  test('after the last round the job fails with the last error', () => {
    const step = after([...round, ...round, ...round], { round: 3, roundFirstAttempt: 7 });
    expect(step).toEqual({
      action: 'fail',
      code: 'all_targets_failed',
      message:
        'All targets failed: every target failed in 3 rounds; the last of 9 attempts said: it was timeout',
    });
  });

  test('a target that was limited early in the round gets its turn after the others failed', () => {
    expect(
      after(
        [
          [A, 'rate_limited'],
          [B, 'timeout'],
        ],
        { chain: [A, B] },
      ),
    ).toMatchObject({
      targetIndex: 0,
      round: 1,
    });
  });
});

describe('errors that no other try would change', () => {
  test.each(['invalid_request', 'cancelled', 'unknown'] as const)('%s fails the job at once', (code) => {
    expect(after([[A, code]])).toEqual({ action: 'fail', code, message: `it was ${code}` });
  });
});

describe('a target that will not have this job', () => {
  test.each(['auth', 'billing'] as const)('%s: the next target, and never back, in any round', (code) => {
    expect(after([[A, code]])).toMatchObject({ targetIndex: 1 });
    expect(
      after([
        [A, code],
        [B, 'timeout'],
        [C, 'timeout'],
      ]),
    ).toMatchObject({ targetIndex: 1, round: 2 });
  });

  test('when none is left the job fails', () => {
    expect(
      after(
        [
          [A, 'auth'],
          [B, 'billing'],
        ],
        { chain: [A, B] },
      ),
    ).toMatchObject({
      action: 'fail',
      code: 'all_targets_failed',
    });
  });
});

describe('a refusal of the content', () => {
  test('is the end, unless the caller wants to ask others', () => {
    expect(after([[A, 'content_filter']])).toMatchObject({ action: 'fail', code: 'content_filter' });
    expect(after([[A, 'content_filter']], { onRefusal: 'next' })).toMatchObject({ targetIndex: 1 });
  });

  test('when everybody refused, says so', () => {
    expect(
      after(
        [
          [A, 'content_filter'],
          [B, 'content_filter'],
        ],
        { chain: [A, B], onRefusal: 'next' },
      ),
    ).toMatchObject({ action: 'fail', code: 'content_filter' });
  });
});

describe('a prompt that is too long', () => {
  const contextWindow = (target: Target) => ({ [A]: 100, [B]: 50, [C]: 1_000 })[target] ?? null;

  test('goes only to a larger window', () => {
    expect(after([[A, 'context_window']], { contextWindow })).toMatchObject({ targetIndex: 2 });
  });

  test('and stays there for all later decisions', () => {
    expect(
      after(
        [
          [A, 'context_window'],
          [C, 'timeout'],
        ],
        { contextWindow },
      ),
    ).toMatchObject({
      targetIndex: 2,
      newRound: true,
    });
  });

  test('fails where there is none, or none is known', () => {
    expect(after([[C, 'context_window']], { contextWindow })).toEqual({
      action: 'fail',
      code: 'context_window',
      message: 'it was context_window (no target of the chain has a larger window)',
    });
    expect(after([[A, 'context_window']])).toMatchObject({ action: 'fail', code: 'context_window' });
  });
});

test('a job that only ever waits ends at its bound of attempts', () => {
  const policy = { attemptsPerTarget: 2, baseDelayMs: 1, maxDelayMs: 10, maxAttempts: 5 };
  const refused = Array.from({ length: 5 }, () => [A, 'rate_limited'] as const);
  expect(after(refused.slice(0, 4), { policy })).toMatchObject({ action: 'requeue' });
  expect(after(refused, { policy })).toMatchObject({ action: 'fail', code: 'all_targets_failed' });
});

describe('a fault of one key of a pool', () => {
  const keysOf = (target: Target) => (target === A ? ['one', 'two'] : []);
  const at = (provider_key: string): Partial<Attempt> => ({ provider_key });

  test.each(['auth', 'billing', 'rate_limited'] as const)(
    '%s: the same target at once, in the same round, while another key is left',
    (code) => {
      const error = errorOf(code, { retry_after_ms: 60_000 });
      expect(after([[A, error, at('one')]], { keysOf })).toEqual({
        action: 'requeue',
        targetIndex: 0,
        round: 1,
        newRound: false,
        delayMs: 0,
      });
    },
  );

  test('of every key is the target’s', () => {
    const bothRefused = after(
      [
        [A, 'auth', at('one')],
        [A, 'auth', at('two')],
      ],
      { keysOf: () => [] },
    );
    expect(bothRefused).toMatchObject({ targetIndex: 1 });
    const bothLimited = after(
      [
        [A, errorOf('rate_limited', { retry_after_ms: 5_000 }), at('one')],
        [A, errorOf('rate_limited', { retry_after_ms: 5_000 }), at('two')],
      ],
      { keysOf, chain: [A] },
    );
    expect(bothLimited).toMatchObject({ targetIndex: 0, delayMs: 5_000 });
  });

  test('does not keep the job from the target when another fault came after it', () => {
    const step = after(
      [
        [A, 'auth', at('one')],
        [A, 'server_error', at('two')],
      ],
      { keysOf: () => ['two'] },
    );
    expect(step).toMatchObject({ targetIndex: 0, newRound: false });
  });

  test('that nobody knows other keys of is the target’s', () => {
    expect(after([[A, 'auth', at('one')]])).toMatchObject({ targetIndex: 1 });
  });

  test('is bounded by the attempts that a job may have', () => {
    const policy = { attemptsPerTarget: 2, baseDelayMs: 500, maxDelayMs: 30_000, maxAttempts: 1 };
    expect(after([[A, 'rate_limited', at('one')]], { keysOf, policy })).toMatchObject({ action: 'fail' });
  });
});

describe('where jobs may not spill', () => {
  test.each(['rate_limited', 'overloaded'] as const)('%s: the same target, when it is free', (code) => {
    const step = after([[A, errorOf(code, { retry_after_ms: 9_000 })]], { maySpill: () => false });
    expect(step).toMatchObject({ targetIndex: 0, newRound: false, delayMs: 9_000 });
    expect(after([[A, errorOf(code, { retry_after_ms: 9_000 })]])).toMatchObject({
      targetIndex: 1,
      delayMs: 0,
    });
  });
});
