import type { JobRecord } from '@sluice/broker';

/** What the answers of the front door say about the job behind them. */
export function jobHeaders(job: JobRecord): Record<string, string> {
  const last = job.attempts.at(-1);
  return {
    'x-sluice-job-id': job.id,
    'x-sluice-target': last?.target ?? job.chain[job.targetIndex] ?? '',
    'x-sluice-attempts': String(job.attempts.length),
    ...(job.costUsd === null ? {} : { 'x-sluice-cost-usd': String(Number(job.costUsd.toPrecision(12))) }),
    // Nothing is cached in this release.
    'x-sluice-cache': 'off',
  };
}
