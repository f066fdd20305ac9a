import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Job } from '@sluice/contracts';
import { createLogger, createMetrics, openBroker, type OpenBroker } from '@sluice/runtime';
import { freshBrokerJob } from '../support/fresh-broker-job.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/**
 * Who goes next, with real worker processes and a simulated provider: how long a priority job waits behind a backlog
 * of flex jobs, whether flex keeps the rest, and how long a small tenant waits beside a big one.
 * `--backlog 2000 --seconds 15 --processes 1,2` for a short run.
 */
const { values } = parseArgs({
  options: {
    backlog: { type: 'string', default: process.env['FAIRNESS_BACKLOG'] ?? '20000' },
    seconds: { type: 'string', default: process.env['FAIRNESS_SECONDS'] ?? '60' },
    processes: { type: 'string', default: process.env['FAIRNESS_PROCESSES'] ?? '1,4,8' },
    rate: { type: 'string', default: process.env['FAIRNESS_RATE'] ?? '20' },
  },
});
const backlog = Number(values.backlog);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const processCounts = values.processes.split(',').map(Number);
const SMALL_TENANT_JOBS = 20;
const PROMPT = { messages: [{ role: 'user', content: 'Say hello.' }] };

interface TierRow {
  processes: number;
  'priority jobs': number;
  'start delay p50 ms': number;
  'p95 ms': number;
  'max ms': number;
  'allowed p95 ms': number;
  'flex starts/s': number;
  'flex should have': number;
  'rate used': string;
  verdict: string;
}

const tierRows: TierRow[] = [];
for (const processes of processCounts) tierRows.push(await benchTiers(processes));
console.table(tierRows);
const tenantRow = await benchTenants(processCounts[0] ?? 1);
console.table([tenantRow]);
await keepResults();
process.exitCode = [...tierRows, tenantRow].every(({ verdict }) => verdict === 'ok') ? 0 : 1;

async function openStack(startsPerSecond: number): Promise<{ stack: Stack; open: OpenBroker }> {
  // What calls may be late by, and a little more: a larger burst would hide who waits for whom.
  const limits = { requests_per_minute: startsPerSecond * 60, burst_requests: startsPerSecond / 4 + 2 };
  const stack = await startStack({
    workers: 0,
    simulator: { latency: { p50_ms: 50, tokens_per_second: 0 } },
    config: { providers: { openai: { limits } }, routes: { default: { targets: ['openai/gpt-5.4-mini'] } } },
  });
  const open = await openBroker({
    config: stack.config,
    environment: stack.environment,
    logger: createLogger({ name: 'bench', level: 'silent' }),
    metrics: createMetrics({ defaults: false }),
  });
  return { stack, open };
}

async function fill(
  { broker }: OpenBroker,
  count: number,
  changes: Parameters<typeof freshBrokerJob>[0],
): Promise<string[]> {
  const ids: string[] = [];
  const deadlineMs = Date.now() + 86_400_000;
  while (ids.length < count) {
    const jobs = Array.from({ length: Math.min(200, count - ids.length) }, () =>
      freshBrokerJob({ ...changes, deadlineMs, idIsNew: true }),
    );
    await Promise.all(jobs.map((job) => broker.jobs.submit(job)));
    ids.push(...jobs.map(({ id }) => id));
  }
  return ids;
}

async function benchTiers(processes: number): Promise<TierRow> {
  const { stack, open } = await openStack(rate);
  try {
    await fill(open, backlog, { tier: 'flex', tenant: 'bulk' });
    await Promise.all(Array.from({ length: processes }, () => stack.spawnWorker(['openai'])));
    await until(() => stack.simulator.control.summary().calls > rate, { what: 'a steady drain' });
    const flexBefore = (await open.broker.backlog.depth('openai')).waiting.flex;
    const callsBefore = stack.simulator.control.summary().calls;
    const startedAt = performance.now();
    const submitted: Job[] = [];
    for (let n = 0; n < seconds; n += 1) {
      submitted.push(await stack.submit({ request: PROMPT, tier: 'priority' }));
      // Not in step with the permits, of which there is one every so many milliseconds.
      const dueMs = (n + 1) * 1_000 + (Math.random() * 2_000) / rate;
      await sleep(Math.max(0, startedAt + dueMs - performance.now()));
    }
    const elapsedSeconds = (performance.now() - startedAt) / 1_000;
    const flex = (flexBefore - (await open.broker.backlog.depth('openai')).waiting.flex) / elapsedSeconds;
    const calls = (stack.simulator.control.summary().calls - callsBefore) / elapsedSeconds;
    const ended = await Promise.all(submitted.map(({ id }) => stack.ended(id)));
    const delays = ended
      .map((job) => Date.parse(job.started_at as string) - Date.parse(job.created_at))
      .toSorted((first, second) => first - second);
    const allowed = Math.max(3_000 / rate, 100);
    const flexDue = Math.min(rate - 1, flexBefore / elapsedSeconds);
    const p95 = percentile(delays, 0.95);
    return {
      processes,
      'priority jobs': delays.length,
      'start delay p50 ms': percentile(delays, 0.5),
      'p95 ms': p95,
      'max ms': delays.at(-1) as number,
      'allowed p95 ms': allowed,
      'flex starts/s': round(flex),
      'flex should have': round(flexDue),
      'rate used': `${Math.round((calls / rate) * 100)} %`,
      verdict: p95 <= allowed && flex >= 0.93 * flexDue ? 'ok' : 'MISSED',
    };
  } finally {
    await open.close();
    await stack.close();
  }
}

async function benchTenants(processes: number) {
  const alone = await timeOfSmallTenant({ processes, startsPerSecond: rate / 2, bulk: 0 });
  const beside = await timeOfSmallTenant({ processes, startsPerSecond: rate, bulk: backlog });
  return {
    processes,
    'big tenant': backlog,
    'small tenant': SMALL_TENANT_JOBS,
    'alone at half the rate ms': alone,
    'beside the big one ms': beside,
    ratio: round(beside / alone),
    verdict: beside <= 1.5 * alone ? 'ok' : 'MISSED',
  };
}

async function timeOfSmallTenant({
  processes,
  startsPerSecond,
  bulk,
}: {
  processes: number;
  startsPerSecond: number;
  bulk: number;
}): Promise<number> {
  const { stack, open } = await openStack(startsPerSecond);
  try {
    await fill(open, bulk, { tier: 'standard', tenant: 'big' });
    await Promise.all(Array.from({ length: processes }, () => stack.spawnWorker(['openai'])));
    const warm = bulk > 0 ? startsPerSecond : 0;
    await until(() => stack.simulator.control.summary().calls >= warm, { what: 'a steady drain' });
    const startedAt = performance.now();
    const ids = await fill(open, SMALL_TENANT_JOBS, { tier: 'standard', tenant: 'small' });
    await until(
      async () => {
        const jobs = await Promise.all(ids.map((id) => open.broker.jobs.get(id, 'small')));
        return jobs.every((job) => job?.finishedAtMs);
      },
      { what: 'the small tenant’s jobs', timeoutMs: 120_000 },
    );
    return Math.round(performance.now() - startedAt);
  } finally {
    await open.close();
    await stack.close();
  }
}

async function keepResults(): Promise<void> {
  const folder = join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  const lines = [
    '# Fairness',
    '',
    `${new Date().toISOString()}, Node ${process.versions.node}, ${availableParallelism()} cores; ` +
      `${rate} starts/s allowed, backlog of ${backlog}, ${seconds} s for each row.`,
    '',
    '## One priority job a second behind a flex backlog',
    '',
    ...toTable(tierRows),
    '',
    '## A small tenant beside a big one, in one tier',
    '',
    ...toTable([tenantRow]),
    '',
  ];
  await writeFile(join(folder, 'fairness.md'), lines.join('\n'));
}

function toTable(rows: readonly object[]): string[] {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly unknown[]): string => `| ${cells.join(' | ')} |`;
  return [line(names), line(names.map(() => '---')), ...rows.map((row) => line(Object.values(row)))];
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] as number;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
