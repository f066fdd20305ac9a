import { expect, test } from 'vitest';
import { hedgeStart, hedgeWithoutWaiting } from './hedge-start.ts';

const MINUTE = 60_000;
const pace = { cancelMs: 10 * MINUTE, marginMs: 15 * MINUTE, linesPerSecond: 500 / 60 };
const deadlineMs = 24 * 60 * MINUTE;

test('50,000 lines at 500 a minute take 100 minutes, beside the cancel and the margin', () => {
  expect(hedgeStart([{ lines: 50_000, deadlineMs }], pace)?.startMs).toBeCloseTo(
    deadlineMs - 125 * MINUTE,
    3,
  );
});

test('the lines of all batches share the live rate', () => {
  const groups = [
    { lines: 25_000, deadlineMs },
    { lines: 25_000, deadlineMs },
  ];
  expect(hedgeStart(groups, pace)?.startMs).toBeCloseTo(deadlineMs - 125 * MINUTE, 3);
});

test('lines that are due later do not hurry those that are due sooner', () => {
  const soon = { lines: 500, deadlineMs: 60 * MINUTE };
  expect(hedgeStart([soon, { lines: 50_000, deadlineMs }], pace)).toEqual(hedgeStart([soon], pace));
});

test('lines that are due a little later wait behind those that are due sooner', () => {
  const groups = [
    { lines: 5_000, deadlineMs },
    { lines: 50_000, deadlineMs: deadlineMs + MINUTE },
  ];
  expect(hedgeStart(groups, pace)?.startMs).toBeCloseTo(deadlineMs + MINUTE - 135 * MINUTE, 3);
});

test('nothing unfinished needs no hedge', () => {
  expect(hedgeStart([], pace)).toBeNull();
  expect(hedgeStart([{ lines: 0, deadlineMs }], pace)).toBeNull();
});

test('waiting for the cancelled batch ends when only running time and margin are left', () => {
  const groups = [{ lines: 500, deadlineMs }];
  expect(hedgeWithoutWaiting(groups, pace)?.startMs).toBeCloseTo(deadlineMs - 16 * MINUTE, 3);
});
