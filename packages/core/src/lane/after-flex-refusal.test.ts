import { lanesConfigSchema } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { afterFlexRefusal } from './after-flex-refusal.ts';

const policy = lanesConfigSchema.parse({ flex: { min_window: '10m', attempts: 3, pause: '30s' } }).flex;
const refused = { refusals: 1, isForced: false, timeLeftMs: 3_600_000, retryAfterMs: null, policy };

test('a job asks the flex tier again after a pause', () => {
  expect(afterFlexRefusal(refused)).toEqual({ lane: 'flex', delayMs: 30_000 });
});

test('a longer pause that the provider asks for is kept', () => {
  expect(afterFlexRefusal({ ...refused, retryAfterMs: 60_000 })).toEqual({ lane: 'flex', delayMs: 60_000 });
});

test('it runs live after so many refusals, or when its time becomes short', () => {
  expect(afterFlexRefusal({ ...refused, refusals: 3 })).toEqual({ lane: 'live', delayMs: 0 });
  expect(afterFlexRefusal({ ...refused, timeLeftMs: 610_000 })).toEqual({ lane: 'live', delayMs: 0 });
});

test('a job that may run in no other lane goes on asking', () => {
  const last = { ...refused, refusals: 9, timeLeftMs: 60_000, isForced: true };
  expect(afterFlexRefusal(last)).toEqual({ lane: 'flex', delayMs: 30_000 });
});
