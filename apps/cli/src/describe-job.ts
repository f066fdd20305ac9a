import type { Job } from '@sluice/contracts';
import { formatUsd } from './format-usd.ts';

/** One line on how a job stands. */
export function describeJob(job: Job): string {
  const last = job.attempts.at(-1);
  const parts = [`${job.id} ${job.status}`];
  if (last) parts.push(`at ${last.target}`, `attempts ${job.attempts.length}`);
  if (job.started_at && job.finished_at) {
    parts.push(`${Date.parse(job.finished_at) - Date.parse(job.created_at)} ms`);
  }
  if (job.usage) parts.push(`${job.usage.total_tokens} tokens`, formatUsd(job.cost_usd));
  if (job.position !== null) parts.push(`position ${job.position}`);
  return `${parts.join(', ')}\n`;
}
