import type { Job } from '@sluice/contracts';
import type { DemoPrompt } from './demo-prompts.ts';
import { formatTable, type TableColumn } from './format-table.ts';
import { formatUsd } from './format-usd.ts';

export interface DemoOutcome {
  jobs: readonly { prompt: DemoPrompt; job: Job }[];
  webhooksVerified: number;
}

export interface DemoReport {
  text: string;
  /** Every job completed and every webhook came and verified. */
  passed: boolean;
}

type Row = DemoOutcome['jobs'][number];

const latencyMs = (job: Job): number =>
  job.finished_at === null ? 0 : Date.parse(job.finished_at) - Date.parse(job.created_at);

const COLUMNS: readonly TableColumn<Row>[] = [
  { title: 'JOB', value: ({ job }) => job.id },
  { title: 'TIER', value: ({ job }) => job.tier },
  { title: 'TASK', value: ({ prompt }) => prompt.task },
  { title: 'TARGET', value: ({ job }) => job.attempts.at(-1)?.target ?? '-' },
  { title: 'ATTEMPTS', value: ({ job }) => String(job.attempts.length), align: 'right' },
  { title: 'LATENCY', value: ({ job }) => `${latencyMs(job)} ms`, align: 'right' },
  { title: 'TOKENS', value: ({ job }) => String(job.usage?.total_tokens ?? 0), align: 'right' },
  { title: 'COST', value: ({ job }) => formatUsd(job.cost_usd), align: 'right' },
];

/** The table of all jobs, totals, and the checks that decide the exit code. */
export function demoReport({ jobs, webhooksVerified }: DemoOutcome): DemoReport {
  const all = jobs.map(({ job }) => job);
  const total = all.length;
  const completed = all.filter(({ status }) => status === 'completed');
  const failures = all.flatMap(({ attempts }) => attempts).filter(({ error }) => error !== null);
  const movedOn = completed.filter(({ attempts, chain }) => attempts.at(-1)?.target !== chain[0]).length;
  const tokens = all.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0);
  const costUsd = all.reduce((sum, job) => sum + (job.cost_usd ?? 0), 0);
  const passed = total > 0 && completed.length === total && webhooksVerified === total;
  const attempts = all.reduce((sum, job) => sum + job.attempts.length, 0);
  const lines = [
    `Attempts: ${attempts}, of which ${failures.length} failed (${countByCode(failures)})`,
    `Fail-over: ${movedOn} of ${total} jobs ended at another provider than the first`,
    `Total: ${tokens} tokens, ${formatUsd(costUsd)}`,
    `${passed ? 'OK' : 'NOT OK'}: ${completed.length} completed, ${webhooksVerified} webhooks verified, of ${total}`,
  ];
  return { passed, text: `\n${formatTable(COLUMNS, jobs)}\n${lines.map((line) => `${line}\n`).join('')}` };
}

function countByCode(attempts: readonly Job['attempts'][number][]): string {
  const counts = new Map<string, number>();
  for (const { error } of attempts) {
    const name = error ? `${error.status ?? ''} ${error.code}`.trim() : 'none';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ') || 'none';
}
