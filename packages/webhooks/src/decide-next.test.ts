import type { PostOutcome } from '@sluice/egress';
import { describe, expect, test } from 'vitest';
import { decideNext } from './decide-next.ts';

const nowMs = Date.parse('2026-11-20T00:00:00Z');
const retryScheduleMs = [5_000, 300_000];

function answer(httpStatus: number, headers: Record<string, string> = {}): PostOutcome {
  return { status: 'answered', httpStatus, headers, body: '', durationMs: 1 };
}

function decide(outcome: PostOutcome, { attempt = 1, random = 0.5 } = {}) {
  return decideNext({ outcome, attempt, retryScheduleMs, nowMs, random: () => random });
}

test.each([200, 201, 204, 299])('%i is delivered', (httpStatus) => {
  expect(decide(answer(httpStatus))).toEqual({ status: 'delivered' });
});

test.each([301, 307, 400, 404, 429, 500, 503])('%i is tried again', (httpStatus) => {
  expect(decide(answer(httpStatus))).toEqual({
    status: 'retry',
    delayMs: 5_000,
    error: `http_status: The receiver answered ${httpStatus}.`,
  });
});

test('410 ends the delivery at once', () => {
  expect(decide(answer(410))).toMatchObject({ status: 'failed' });
});

test('a refused address ends the delivery with the reason; a name that does not resolve is tried again', () => {
  expect(decide({ status: 'refused', reason: 'private_address', message: 'No.', durationMs: 1 })).toEqual({
    status: 'failed',
    error: 'private_address: No.',
  });
  expect(decide({ status: 'failed', reason: 'dns', message: 'ENOTFOUND', durationMs: 1 })).toMatchObject({
    status: 'retry',
    error: 'dns: ENOTFOUND',
  });
});

test('waits follow the schedule, and after its last one the delivery has failed', () => {
  expect(decide(answer(500), { attempt: 2 })).toMatchObject({ status: 'retry', delayMs: 300_000 });
  expect(decide(answer(500), { attempt: 3 })).toMatchObject({ status: 'failed' });
});

test('the jitter is 20 % either way', () => {
  expect(decide(answer(500), { random: 0 })).toMatchObject({ delayMs: 4_000 });
  expect(decide(answer(500), { random: 0.999_999 })).toMatchObject({ delayMs: 6_000 });
});

describe('Retry-After counts between once and twice the wait', () => {
  test.each([
    ['0', 5_000],
    ['7', 7_000],
    ['3600', 10_000],
    ['Fri, 20 Nov 2026 00:00:08 GMT', 8_000],
    ['Thu, 19 Nov 2026 00:00:00 GMT', 5_000],
    ['soon', 4_000],
    ['-1', 4_000],
  ])('%s', (header, delayMs) => {
    expect(decide(answer(429, { 'retry-after': header }), { random: 0 })).toMatchObject({ delayMs });
  });

  test('it is spread, but not beyond twice the wait', () => {
    expect(decide(answer(503, { 'retry-after': '7' }), { random: 0.5 })).toMatchObject({ delayMs: 7_700 });
    expect(decide(answer(503, { 'retry-after': '10' }), { random: 0.9 })).toMatchObject({ delayMs: 10_000 });
  });
});
