import type { Usage } from '@sluice/contracts';
import { isTerminal, TERMINAL_JOB_EVENT_TYPES, ZERO_USAGE, type JobStatus } from '@sluice/contracts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createFreshBroker, type FreshBroker } from '../../../test/support/fresh-broker.ts';
import { startTestRedis, type TestRedis } from '../../../test/support/redis-for-tests.ts';
import type { JobRecord, NewJob } from './job-record.ts';
import { unpaidEnd, type AttemptEnd } from './transitions.ts';

let server: TestRedis;
let fresh: FreshBroker;
beforeAll(async () => {
  server = await startTestRedis();
  fresh = createFreshBroker(server.url);
});
afterAll(async () => {
  await fresh.close();
  await server.close();
});

const ATTEMPT = { target: 'openai/gpt-5.4-mini', provider_key: 'main', region: null, lane: 'live' } as const;

function endOf(status: AttemptEnd['status'], tokens: number): AttemptEnd {
  const usage: Usage = { ...ZERO_USAGE, prompt_tokens: tokens, total_tokens: tokens };
  return { ...unpaidEnd('abandoned', null), status, usage, cost_usd: tokens / 1_000, price_version: 'test' };
}

async function submitted(changes: Partial<NewJob> = {}): Promise<JobRecord> {
  const job = freshBrokerJob(changes);
  const outcome = await fresh.broker.jobs.submit(job);
  if (outcome.status !== 'created') throw new Error(outcome.status);
  return outcome.job;
}

const SAME_AGAIN = { targetIndex: 0, round: 1, newRound: false, delayMs: 0 } as const;

/** `lag`: how far the turn or attempt that a worker knows is behind the true one. */
type Step =
  | { kind: 'start'; lag: number }
  | { kind: 'delta'; lag: number }
  | { kind: 'requeue'; turnLag: number; lag: number; quiet: boolean }
  | { kind: 'finish'; lag: number; status: 'completed' | 'failed' }
  | { kind: 'cancel' }
  | { kind: 'expire' }
  | { kind: 'reticket'; lag: number };

const lag = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), lag }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('delta' as const), lag }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('requeue' as const), turnLag: lag, lag, quiet: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('finish' as const),
      lag,
      status: fc.constantFrom('completed' as const, 'failed' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reticket' as const), lag }) },
);

/** What the record must hold, worked out without it. */
class Model {
  status: JobStatus = 'queued';
  turn = 1;
  /** What was reported after the fence was lost goes over what was known before. */
  attempts: { status: string; tokens: number | null; late: number | null }[] = [];
  open = 0;
  streamed = false;
  events = ['job.queued'];
  readonly overdue: boolean;

  constructor(overdue: boolean) {
    this.overdue = overdue;
  }

  get paid(): { status: string; tokens: number | null }[] {
    return this.attempts.map(({ status, tokens, late }) => ({ status, tokens: late ?? tokens }));
  }

  get ended(): boolean {
    return isTerminal(this.status);
  }

  start(turn: number): string {
    if (this.ended) return 'ended';
    if (turn !== this.turn) return 'stale';
    if (this.overdue) return 'deadline';
    if (this.open > 0) {
      this.close('abandoned', null);
      this.restart();
    }
    this.attempts.push({ status: 'running', tokens: null, late: null });
    this.open = this.attempts.length;
    this.status = 'in_progress';
    this.events.push('job.started');
    return 'started';
  }

  delta(attempt: number): boolean {
    if (this.open === 0 || attempt !== this.open) return false;
    this.streamed = true;
    this.events.push('job.delta');
    return true;
  }

  requeue(turn: number, attempt: number, { quiet, tokens }: { quiet: boolean; tokens: number }): string {
    if (this.ended || turn !== this.turn || attempt !== this.open) return this.fence(attempt, tokens);
    if (this.open > 0) this.close('failed', tokens);
    this.turn += 1;
    this.status = 'queued';
    this.restart();
    if (!quiet) this.events.push('job.requeued');
    return 'requeued';
  }

  finish(attempt: number, status: 'completed' | 'failed', tokens: number): string {
    if (this.ended || this.open === 0 || attempt !== this.open) return this.fence(attempt, tokens);
    this.close(status === 'completed' ? 'succeeded' : 'failed', tokens);
    this.end(status);
    return 'finished';
  }

  /** False when it has ended before. */
  end(status: 'completed' | 'failed' | 'cancelled' | 'expired'): boolean {
    if (this.ended) return false;
    if (this.open > 0) this.close(status === 'cancelled' ? 'cancelled' : 'abandoned', null);
    this.status = status;
    this.events.push(`job.${status}`);
    return true;
  }

  private fence(attempt: number, tokens: number): string {
    const late = this.attempts[attempt - 1];
    if (late) late.late = tokens;
    return 'fenced';
  }

  private close(status: string, tokens: number | null): void {
    const attempt = this.attempts[this.open - 1] as Model['attempts'][number];
    attempt.status = status;
    if (tokens !== null) attempt.tokens = tokens;
    this.open = 0;
  }

  private restart(): void {
    if (this.streamed) this.events.push('job.restarted');
    this.streamed = false;
  }
}

/** What a step answered, and what it had to answer. */
async function apply(
  step: Step,
  { job, model, tokens }: { job: JobRecord; model: Model; tokens: number },
): Promise<{ answered: unknown; due: unknown }> {
  const { transitions, jobs, placement } = fresh.broker;
  const attemptOf = (behind: number): number => Math.max(0, model.attempts.length - behind);
  switch (step.kind) {
    case 'start': {
      const turn = model.turn - step.lag;
      const { status } = await transitions.start({ ...job, turn }, ATTEMPT);
      return { answered: status, due: model.start(turn) };
    }
    case 'delta': {
      const attempt = Math.max(1, attemptOf(step.lag));
      const answered = await transitions.delta(job.id, attempt, { index: 0, delta: { content: 'x' } });
      return { answered, due: model.delta(attempt) };
    }
    case 'requeue': {
      const { quiet } = step;
      const turn = model.turn - step.turnLag;
      const attempt = step.lag === 0 ? model.open : attemptOf(step.lag);
      const { status } = await transitions.requeue(
        { ...job, turn },
        {
          ...SAME_AGAIN,
          attempt,
          attemptEnd: endOf('failed', tokens),
          reason: quiet ? null : 'server_error',
        },
      );
      return { answered: status, due: model.requeue(turn, attempt, { quiet, tokens }) };
    }
    case 'finish': {
      const attempt = attemptOf(step.lag);
      const attemptEnd = endOf(step.status === 'completed' ? 'succeeded' : 'failed', tokens);
      const input = { condition: { attempt }, status: step.status, attemptEnd };
      const { status } = await transitions.finish(job, input);
      return { answered: status, due: model.finish(attempt, step.status, tokens) };
    }
    case 'cancel': {
      const { status } = await jobs.cancel(job.id, job.tenant);
      return { answered: status, due: model.end('cancelled') ? 'cancelled' : 'ended' };
    }
    case 'expire': {
      const attemptEnd = unpaidEnd('abandoned', null);
      const input = { condition: 'deadline', status: 'expired', attemptEnd } as const;
      const { status } = await transitions.finish(job, input);
      return { answered: status, due: model.overdue && model.end('expired') ? 'finished' : 'fenced' };
    }
    case 'reticket': {
      const turn = model.turn - step.lag;
      await placement.requeueLost({ jobId: job.id, turn });
      if (model.status === 'queued' && step.lag === 0) model.turn += 1;
      return { answered: null, due: null };
    }
  }
}

test('whatever stale workers do: one terminal state, one terminal event, no gap, usage booked', async () => {
  const steps = fc.array(anyStep, { minLength: 1, maxLength: 40, size: 'max' });
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (sequence, overdue) => {
      const deadlineMs = Date.now() + (overdue ? -1_000 : 3_600_000);
      const job = await submitted({ deadlineMs });
      const model = new Model(overdue);
      for (const [index, step] of sequence.entries()) {
        const { answered, due } = await apply(step, { job, model, tokens: index + 1 });
        expect(answered).toBe(due);
      }

      const record = await fresh.record(job.id);
      expect(record).toMatchObject({ status: model.status, turn: model.turn, openAttempt: model.open });
      expect(
        record.attempts.map(({ status, usage }) => ({ status, tokens: usage?.total_tokens ?? null })),
      ).toEqual(model.paid);
      const paid = model.paid.reduce((sum, { tokens }) => sum + (tokens ?? 0), 0);
      expect(record.usage?.total_tokens ?? 0).toBe(paid);
      const events = await fresh.events(job.id);
      expect(events.map(({ type }) => type)).toEqual(model.events);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      const terminal = events.filter(({ type }) => TERMINAL_JOB_EVENT_TYPES.has(type));
      expect(terminal).toEqual(model.ended ? [events.at(-1)] : []);
      expect((await fresh.openIds()).includes(job.id)).toBe(!model.ended);
    }),
    { numRuns: 200 },
  );
});

test('of many that end a job at the same moment exactly one succeeds', async () => {
  const job = await submitted();
  await fresh.broker.transitions.start(job, ATTEMPT);
  const outcomes = await Promise.all(
    (['completed', 'failed', 'completed', 'failed'] as const)
      .map((status) =>
        fresh.broker.transitions.finish(job, {
          condition: { attempt: 1 },
          status,
          attemptEnd: endOf('failed', 1),
        }),
      )
      .concat(
        Array.from({ length: 4 }, () =>
          fresh.broker.transitions.finish(job, {
            condition: 'any',
            status: 'cancelled',
            attemptEnd: unpaidEnd('cancelled', null),
          }),
        ),
      ),
  );
  expect(outcomes.filter(({ status }) => status === 'finished')).toHaveLength(1);
  const types = (await fresh.events(job.id)).map(({ type }) => type);
  expect(types.filter((type) => TERMINAL_JOB_EVENT_TYPES.has(type))).toHaveLength(1);
});

test('of many workers with one ticket, each start takes over from the one before', async () => {
  const job = await submitted();
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () => fresh.broker.transitions.start(job, ATTEMPT)),
  );
  expect(outcomes).toEqual(
    Array.from({ length: 8 }, (_, index) => ({ status: 'started', attempt: index + 1, tookOver: index > 0 })),
  );
  const { attempts } = await fresh.record(job.id);
  expect(attempts.map(({ status }) => status)).toEqual([...Array(7).fill('abandoned'), 'running']);
});

test('a requeued job is not due before its delay, and never after its deadline', async () => {
  const deadlineMs = Date.now() + 60_000;
  const job = await submitted({ deadlineMs });
  const requeue = (turn: number, delayMs: number) =>
    fresh.broker.transitions.requeue(
      { ...job, turn },
      {
        attempt: 0,
        attemptEnd: unpaidEnd('abandoned', null),
        targetIndex: 0,
        round: 1,
        newRound: false,
        delayMs,
        reason: null,
      },
    );
  const beforeMs = Date.now();
  const soon = await requeue(1, 5_000);
  if (soon.status !== 'requeued') throw new Error(soon.status);
  expect(soon.readyAtMs).toBeGreaterThanOrEqual(beforeMs + 4_900);
  expect(soon.readyAtMs).toBeLessThanOrEqual(Date.now() + 5_100);
  expect(await requeue(2, 3_600_000)).toEqual({ status: 'requeued', turn: 3, readyAtMs: deadlineMs });
});

test('the wait in the queue is counted from the moment at which the attempt could have started', async () => {
  const job = await submitted();
  await fresh.broker.transitions.requeue(job, {
    attempt: 0,
    attemptEnd: unpaidEnd('abandoned', null),
    targetIndex: 0,
    round: 1,
    newRound: false,
    delayMs: 60_000,
    reason: null,
  });
  await fresh.broker.transitions.start({ ...job, turn: 2 }, ATTEMPT);
  expect((await fresh.record(job.id)).attempts[0]?.queue_wait_ms).toBe(0);
});

test('a job that is gone can be neither started nor ended', async () => {
  const job = { ...(await submitted()), id: 'job_never' };
  expect(await fresh.broker.transitions.start(job, ATTEMPT)).toEqual({ status: 'gone' });
  expect(
    await fresh.broker.transitions.finish(job, {
      condition: 'any',
      status: 'cancelled',
      attemptEnd: unpaidEnd('cancelled', null),
    }),
  ).toEqual({ status: 'fenced' });
  expect(await fresh.redis.exists(fresh.broker.keys.job(job.id))).toBe(0);
});

test('an attempt that made no call is none', async () => {
  const job = freshBrokerJob();
  await fresh.broker.jobs.submit(job);
  const record = await fresh.record(job.id);
  await fresh.broker.transitions.start(record, ATTEMPT_START);
  const requeued = await fresh.broker.transitions.requeue(record, {
    attempt: 1,
    attemptEnd: null,
    targetIndex: 0,
    round: 1,
    newRound: false,
    delayMs: 0,
    reason: null,
  });
  expect(requeued).toMatchObject({ status: 'requeued', turn: 2 });
  const again = await fresh.record(job.id);
  expect(again).toMatchObject({ status: 'queued', attempts: [], openAttempt: 0 });
  expect(await fresh.broker.transitions.start(again, ATTEMPT_START)).toMatchObject({
    attempt: 1,
    tookOver: false,
  });
});

test('a stream that was written anew can be read from its last restart, also when it was written twice', async () => {
  const job = freshBrokerJob();
  await fresh.broker.jobs.submit(job);
  await fresh.broker.transitions.start(await fresh.record(job.id), ATTEMPT_START);
  await fresh.broker.transitions.delta(job.id, 1, { index: 0, delta: { content: 'Hal' } });
  const whole = [{ index: 0, delta: { content: 'Hello' } }];
  expect(await fresh.broker.transitions.restartStream(job.id, 1, whole)).toBe(true);
  expect(await fresh.broker.transitions.restartStream(job.id, 1, whole)).toBe(true);
  expect(await fresh.broker.transitions.restartStream(job.id, 2, whole)).toBe(false);
  const events = (await fresh.events(job.id)).map(({ type }) => type);
  expect(events.slice(2)).toEqual(['job.delta', 'job.restarted', 'job.delta', 'job.restarted', 'job.delta']);
});

const ATTEMPT_START = {
  target: 'openai/gpt-5.4-mini',
  provider_key: 'default',
  region: null,
  lane: 'live',
} as const;
