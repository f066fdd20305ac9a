import { expect, test } from 'vitest';
import { wantedWorkers, type WantedWorkersInput } from './wanted-workers.ts';

const INPUT: WantedWorkersInput = {
  waiting: 1_000,
  inflight: 0,
  capacityPerWorker: 100,
  slots: 0,
  startsPerSecond: 0,
  rateLimited: false,
};

test.each<[string, Partial<WantedWorkersInput>, number]>([
  ['none when nothing waits', { waiting: 0 }, 0],
  ['one for a single job', { waiting: 1 }, 1],
  ['enough to call all that wait at once, without limits', {}, 10],
  ['no more than the slots can use', { slots: 250 }, 3],
  [
    'no more than the rate can use at the length that calls have',
    { rateLimited: true, startsPerSecond: 20, inflight: 40 },
    1,
  ],
  [
    'more when calls at that rate last longer than one process can hold',
    { rateLimited: true, startsPerSecond: 20, inflight: 450 },
    5,
  ],
  ['a guess while no call has run', { rateLimited: true, startsPerSecond: 60 }, 3],
])('%s', (_, changes, expected) => {
  expect(wantedWorkers({ ...INPUT, ...changes })).toBe(expected);
});
