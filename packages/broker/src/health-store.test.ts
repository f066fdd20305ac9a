import { breakerConfigSchema } from '@sluice/contracts';
import { breakerPolicy, type CallVerdict } from '@sluice/core';
import { describe, expect, test } from 'vitest';
import { freshBrokerEach } from '../../../test/support/fresh-broker-each.ts';
import { until } from '../../../test/support/until.ts';
import { openHealthBoard, type BreakerChange } from './health-board.ts';

const policy = breakerPolicy(
  breakerConfigSchema.parse({ failures_in_a_row: 100, cooldown: '100ms', ramp_step: '1m', window: '1m' }),
);
const subject = { provider: 'acme', model: 'family/m|1', lane: 'live' } as const;

const fresh = freshBrokerEach();

const record = (
  verdict: CallVerdict,
  { epoch = 0, of = subject }: { epoch?: number; of?: typeof subject } = {},
) => {
  const call = {
    epoch,
    verdict,
    tier: 'flex',
    firstTokenMs: null,
    totalMs: 10,
    completionTokens: 5,
  } as const;
  return fresh().broker.health.record(of, call, policy);
};

const admit = async () => (await fresh().broker.health.admit(subject, policy)).admission;

async function openIt(): Promise<void> {
  for (let n = 0; n < 20; n += 1) await record('failed');
  await until(async () => (await admit()).status === 'admitted', { what: 'the end of the cool-down' });
}

describe('the error rate of the window', () => {
  test('opens the breaker at the twentieth call, whoever made the calls', async () => {
    await Promise.all(Array.from({ length: 17 }, () => record('ok')));
    await Promise.all([record('failed'), record('failed')]);
    expect((await record('neutral')).phase.state).toBe('closed');
    expect((await record('failed')).phase.state).toBe('open');
  });

  test('is that of one model and lane', async () => {
    await Promise.all(Array.from({ length: 19 }, () => record('failed')));
    const other = { ...subject, lane: 'flex' } as unknown as typeof subject;
    expect((await record('failed', { of: other })).phase.state).toBe('closed');
    expect((await record('failed')).phase.state).toBe('open');
  });
});

describe('asked by many at once', () => {
  test('one gets the probe', async () => {
    for (let n = 0; n < 20; n += 1) await record('failed');
    const first = await until(
      async () => {
        const asked = await Promise.all(Array.from({ length: 50 }, admit));
        const admitted = asked.filter(({ status }) => status === 'admitted');
        return admitted.length > 0 ? admitted : null;
      },
      { what: 'the end of the cool-down' },
    );
    expect(first).toEqual([{ status: 'admitted', as: 'probe', epoch: 1 }]);
  });

  test('a tenth gets through in the first step of the ramp', async () => {
    await openIt();
    expect((await record('ok', { epoch: 1 })).phase.state).toBe('ramping');
    const asked = await Promise.all(Array.from({ length: 100 }, admit));
    expect(asked.filter(({ status }) => status === 'admitted')).toHaveLength(11);
  });
});

test('a process hears of a change at once, and of what it missed within a second', async () => {
  const changes: BreakerChange[] = [];
  const board = await openHealthBoard({
    store: fresh().broker.health,
    providers: () => ['acme'],
    policy: () => policy,
    nowMs: Date.now,
    onChange: (change) => void changes.push(change),
    onError: (error) => void fresh().deferred.push(error),
  });
  try {
    expect(board.breaker(subject).phase.state).toBe('closed');
    for (let n = 0; n < 20; n += 1) await record('failed');
    await until(() => board.breaker(subject).phase.state === 'open', {
      timeoutMs: 1_000,
      what: 'the reading',
    });
    const subscriber = fresh().redis.duplicate();
    await subscriber.subscribe(fresh().broker.keys.control);
    board.follow(subscriber);
    await fresh().broker.health.force('acme', [subject], 'closed');
    await until(() => board.breaker(subject).forced === 'closed', { timeoutMs: 400, what: 'the message' });
    subscriber.disconnect();
    // Redis has lost its data.
    await fresh().redis.flushall();
    await until(() => board.breaker(subject).forced === null, { timeoutMs: 1_000, what: 'the reading' });
    expect(changes).toEqual([
      { subject, from: 'closed', to: 'open' },
      { subject, from: 'open', to: 'forced_closed' },
      { subject, from: 'forced_closed', to: 'closed' },
    ]);
  } finally {
    board.close();
  }
});
