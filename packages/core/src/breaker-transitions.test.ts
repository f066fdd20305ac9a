import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NEW_BREAKER, toBreakerState, type Breaker, type CallVerdict } from './breaker.ts';
import type { BreakerPolicy } from './breaker-policy.ts';
import { admitCall, advanceBreaker, forceBreaker, recordVerdict } from './breaker-transitions.ts';

const policy: BreakerPolicy = {
  enabled: true,
  windowMs: 60_000,
  minCalls: 20,
  errorRate: 0.05,
  failuresInARow: 5,
  cooldownMs: 10_000,
  cooldownFactor: 2,
  maxCooldownMs: 60_000,
  probeTimeoutMs: 30_000,
  ramp: [100, 250, 500, 1_000],
  rampStepMs: 10_000,
};
const T0 = 1_000_000_000;
const quiet = { calls: 1, failures: 1 };

function record(
  breaker: Breaker,
  verdict: CallVerdict,
  nowMs: number,
  { epoch = breaker.epoch, window = quiet } = {},
): Breaker {
  return recordVerdict(breaker, { verdict, epoch, window }, nowMs, policy);
}

function fail(breaker: Breaker, times: number, nowMs: number): Breaker {
  return Array.from({ length: times }).reduce<Breaker>((at) => record(at, 'failed', nowMs), breaker);
}

const opened = fail(NEW_BREAKER, 5, T0);
const probed = admitCall(opened, T0 + 10_000, policy).breaker;
const ramping = record(probed, 'ok', T0 + 11_000);

describe('closed', () => {
  test('opens at the fifth failure in a row, for the cool-down', () => {
    expect(fail(NEW_BREAKER, 4, T0).phase.state).toBe('closed');
    expect(opened).toMatchObject({
      epoch: 1,
      openings: 1,
      phase: { state: 'open', sinceMs: T0, untilMs: T0 + 10_000 },
    });
  });

  test('a success between them begins the row anew', () => {
    expect(fail(record(fail(NEW_BREAKER, 4, T0), 'ok', T0), 4, T0).phase.state).toBe('closed');
  });

  test('opens above the error rate once there were enough calls', () => {
    const one = (window: { calls: number; failures: number }) =>
      record(NEW_BREAKER, 'failed', T0, { window }).phase.state;
    expect(one({ calls: 19, failures: 10 })).toBe('closed');
    expect(one({ calls: 20, failures: 1 })).toBe('closed');
    expect(one({ calls: 20, failures: 2 })).toBe('open');
    expect(one({ calls: 100, failures: 5 })).toBe('closed');
    expect(one({ calls: 100, failures: 6 })).toBe('open');
  });

  test('what says nothing about the target changes nothing', () => {
    expect(record(fail(NEW_BREAKER, 4, T0), 'neutral', T0)).toEqual(fail(NEW_BREAKER, 4, T0));
  });

  test('switched off, it never opens', () => {
    const off = { ...policy, enabled: false };
    const call = { verdict: 'failed' as const, epoch: 0, window: { calls: 100, failures: 100 } };
    let breaker = NEW_BREAKER;
    for (let n = 0; n < 20; n += 1) breaker = recordVerdict(breaker, call, T0, off);
    expect(breaker.phase.state).toBe('closed');
  });
});

describe('open', () => {
  test('nothing goes until the cool-down is over, then one call as a probe', () => {
    expect(admitCall(opened, T0 + 9_000, policy).admission).toEqual({ status: 'refused', retryInMs: 1_000 });
    const first = admitCall(opened, T0 + 10_000, policy);
    expect(first.admission).toEqual({ status: 'admitted', epoch: 1, as: 'probe' });
    expect(admitCall(first.breaker, T0 + 10_001, policy).admission.status).toBe('refused');
  });

  test('calls that were let through before it opened change nothing', () => {
    for (const breaker of [opened, probed, ramping]) {
      expect(record(breaker, 'failed', T0 + 11_000, { epoch: 0 })).toEqual(breaker);
      expect(record(breaker, 'ok', T0 + 11_000, { epoch: 0 })).toEqual(breaker);
    }
  });
});

describe('half-open', () => {
  test('a failed probe opens it for twice as long, up to the longest cool-down', () => {
    let breaker = opened;
    const waits = [];
    let nowMs = T0;
    for (let n = 0; n < 5; n += 1) {
      if (breaker.phase.state !== 'open') throw new Error('must be open');
      nowMs = breaker.phase.untilMs;
      breaker = record(admitCall(breaker, nowMs, policy).breaker, 'failed', nowMs);
      waits.push((breaker.phase as { untilMs: number }).untilMs - nowMs);
    }
    expect(waits).toEqual([20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test('a probe that says nothing, or is not heard of, makes room for the next', () => {
    const neutral = record(probed, 'neutral', T0 + 10_500);
    expect(admitCall(neutral, T0 + 10_500, policy).admission).toMatchObject({ as: 'probe' });
    expect(admitCall(probed, T0 + 39_999, policy).admission.status).toBe('refused');
    expect(admitCall(probed, T0 + 40_000, policy).admission).toMatchObject({ as: 'probe' });
  });

  test('a good probe begins the ramp, or closes it where there is none', () => {
    expect(toBreakerState(ramping, T0 + 11_000, policy.ramp)).toEqual({ state: 'ramping', share: 0.1 });
    const call = { verdict: 'ok' as const, epoch: 1, window: quiet };
    expect(recordVerdict(probed, call, T0 + 11_000, { ...policy, ramp: [] }).phase.state).toBe('closed');
  });
});

describe('ramp', () => {
  const ask = (breaker: Breaker, times: number, nowMs: number) => {
    let admitted = 0;
    for (let n = 0; n < times; n += 1) {
      const asked = admitCall(breaker, nowMs, policy);
      breaker = asked.breaker;
      if (asked.admission.status === 'admitted') admitted += 1;
    }
    return { breaker, admitted };
  };

  test('lets its share through, the first call always', () => {
    expect(ask(ramping, 1, T0 + 11_000).admitted).toBe(1);
    expect(ask(ramping, 100, T0 + 11_000).admitted).toBe(11);
  });

  test('a refused call is told when the next step begins', () => {
    const { breaker } = ask(ramping, 1, T0 + 11_000);
    expect(admitCall(breaker, T0 + 14_000, policy).admission).toEqual({
      status: 'refused',
      retryInMs: 7_000,
    });
  });

  test('goes on after a step that went well, and closes after the last', () => {
    let breaker = ramping;
    let nowMs = T0 + 11_000;
    const shares = [];
    while (breaker.phase.state === 'ramping') {
      shares.push(policy.ramp[breaker.phase.step]);
      breaker = record(ask(breaker, 1, nowMs).breaker, 'ok', nowMs);
      nowMs += 10_000;
      breaker = advanceBreaker(breaker, nowMs, policy);
    }
    expect(shares).toEqual([100, 250, 500, 1_000]);
    expect(breaker.phase).toEqual({ state: 'closed', sinceMs: nowMs, failuresInARow: 0 });
  });

  test('goes on by itself without traffic', () => {
    expect(advanceBreaker(ramping, T0 + 50_999, policy).phase).toMatchObject({ state: 'ramping', step: 3 });
    expect(advanceBreaker(ramping, T0 + 51_000, policy).phase.state).toBe('closed');
  });

  test('does not go on while nothing is known of the calls that went; the step begins anew', () => {
    const { breaker } = ask(ramping, 1, T0 + 11_000);
    expect(advanceBreaker(breaker, T0 + 60_000, policy)).toEqual(breaker);
    const later = admitCall(breaker, T0 + 60_000, policy);
    expect(later.admission).toMatchObject({ as: 'ramp' });
    expect(later.breaker.phase).toMatchObject({ step: 0, sinceMs: T0 + 60_000, admitted: 1 });
  });

  test('a failure opens it for longer than the time before', () => {
    const again = record(ask(ramping, 1, T0 + 11_000).breaker, 'failed', T0 + 12_000);
    expect(again).toMatchObject({ epoch: 2, openings: 2, phase: { state: 'open', untilMs: T0 + 32_000 } });
  });

  test('a failure among many successes is no more than is tolerated', () => {
    let breaker = ramping;
    for (let n = 0; n < 40; n += 1) breaker = record(breaker, 'ok', T0 + 12_000);
    expect(record(breaker, 'failed', T0 + 12_000).phase.state).toBe('ramping');
    expect(fail(breaker, 3, T0 + 12_000).phase.state).toBe('open');
  });

  test('an opening long after the last one waits no longer than the first', () => {
    const closed = advanceBreaker(ramping, T0 + 51_000, policy);
    expect(fail(closed, 5, T0 + 60_000)).toMatchObject({ openings: 2 });
    expect(fail(closed, 5, T0 + 51_000 + 60_001)).toMatchObject({ openings: 1 });
  });
});

describe('set by hand', () => {
  test('open lets nothing through and closed everything, whatever happens', () => {
    const open = forceBreaker(NEW_BREAKER, 'open', T0);
    expect(admitCall(open, T0 + 1e9, policy).admission.status).toBe('refused');
    const closed = forceBreaker(opened, 'closed', T0);
    expect(admitCall(closed, T0 + 1, policy).admission).toMatchObject({ as: 'normal' });
    expect(fail(closed, 50, T0)).toEqual(closed);
  });

  test('auto after open begins with a probe, after closed anew; else it changes nothing', () => {
    const afterOpen = forceBreaker(forceBreaker(NEW_BREAKER, 'open', T0), 'auto', T0 + 5);
    expect(admitCall(afterOpen, T0 + 5, policy).admission).toMatchObject({ as: 'probe' });
    expect(forceBreaker(forceBreaker(opened, 'closed', T0), 'auto', T0 + 5).phase.state).toBe('closed');
    expect(forceBreaker(opened, 'auto', T0 + 5)).toEqual(opened);
  });
});

const anySteps = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 20_000 }),
    verdict: fc.constantFrom('ok' as const, 'failed' as const, 'neutral' as const),
    window: fc.record({ calls: fc.integer({ min: 1, max: 60 }), failures: fc.integer({ min: 0, max: 6 }) }),
    staleEpoch: fc.boolean(),
  }),
  { maxLength: 200 },
);

test('whatever comes: epochs only rise, half-open has at most one probe, cool-downs stay within their bounds', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let breaker = NEW_BREAKER;
      let nowMs = T0;
      let probeUntilMs = 0;
      for (const { afterMs, verdict, window, staleEpoch } of steps) {
        nowMs += afterMs;
        const asked = admitCall(breaker, nowMs, policy);
        if (asked.admission.status === 'admitted' && asked.admission.as === 'probe') {
          expect(nowMs).toBeGreaterThanOrEqual(probeUntilMs);
          probeUntilMs = nowMs + policy.probeTimeoutMs;
        }
        if (asked.admission.status === 'refused') expect(asked.admission.retryInMs).toBeGreaterThan(0);
        breaker = asked.breaker;
        if (asked.admission.status === 'refused') continue;
        const epoch = staleEpoch ? asked.admission.epoch - 1 : asked.admission.epoch;
        const next = recordVerdict(breaker, { verdict, epoch, window }, nowMs, policy);
        if (!staleEpoch) probeUntilMs = 0;
        expect(next.epoch - breaker.epoch).toBe(next.phase.state === 'open' ? 1 : 0);
        if (staleEpoch) expect(next).toEqual(advanceBreaker(breaker, nowMs, policy));
        if (next.phase.state === 'open') {
          const waitMs = next.phase.untilMs - nowMs;
          expect(waitMs).toBeGreaterThanOrEqual(policy.cooldownMs);
          expect(waitMs).toBeLessThanOrEqual(policy.maxCooldownMs);
        }
        breaker = next;
      }
    }),
  );
});

test('a target that is well again closes in the end, whatever happened before', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      let breaker = NEW_BREAKER;
      let nowMs = T0;
      for (const { afterMs, verdict, window } of steps) {
        nowMs += afterMs;
        const asked = admitCall(breaker, nowMs, policy);
        breaker = recordVerdict(
          asked.breaker,
          { verdict, epoch: asked.breaker.epoch, window },
          nowMs,
          policy,
        );
      }
      for (let n = 0; n < 100 && breaker.phase.state !== 'closed'; n += 1) {
        nowMs += 5_000;
        const { admission, breaker: asked } = admitCall(breaker, nowMs, policy);
        breaker = asked;
        if (admission.status === 'admitted') {
          const call = { verdict: 'ok' as const, epoch: admission.epoch, window: { calls: 1, failures: 0 } };
          breaker = recordVerdict(breaker, call, nowMs, policy);
        }
      }
      expect(breaker.phase.state).toBe('closed');
    }),
  );
});
