import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { runAtHalfPrice } from '../support/half-price-run.ts';

/**
 * 5,000 jobs `within: 24h` at three vendors whose batches take 1 to 20 hours, an hour being 4 s here, while two workers
 * and Redis are killed.
 */
const JOBS = Number(process.env['BENCH_JOBS'] ?? 5_000);
const HOUR_MS = Number(process.env['BENCH_HOUR_MS'] ?? 4_000);

const run = await runAtHalfPrice({ jobs: JOBS, hourMs: HOUR_MS, linesPerBatch: 250 });
const passed = run.completed === JOBS && run.late === 0 && run.batchShare >= 0.95 && run.billShare <= 0.55;
const result = {
  at: new Date().toISOString(),
  cores: availableParallelism(),
  hourMs: HOUR_MS,
  ...run,
  passed,
};
console.table([run]);
const folder = join(import.meta.dirname, 'report');
await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'half-price.json'), `${JSON.stringify(result, null, 2)}\n`);
process.exitCode = passed ? 0 : 1;
