import { expect, test } from 'vitest';
import { runAtHalfPrice } from '../support/half-price-run.ts';

test('jobs with a day run at batch price and in time, while two workers and Redis are killed', async () => {
  const run = await runAtHalfPrice({ jobs: 360, linesPerBatch: 25 });
  expect(run).toMatchObject({ completed: 360, late: 0 });
  expect(run.batchShare).toBeGreaterThanOrEqual(0.95);
  expect(run.billShare).toBeLessThanOrEqual(0.55);
  expect(run.wastedLines).toBe(0);
}, 120_000);
