import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runLimiterLoad, type LimiterLoadRun } from '../support/limiter-load.ts';

/**
 * How much of a limit is used, and how often it is exceeded, by 1 to 8 processes that share it, undisturbed and under
 * faults. A simulated provider with the same limits judges, from the first call on.
 *
 * Options: `--seconds 60`, `--processes 1,2,4,8`, `--only <part of a row's name>`, which keeps no table. The whole is
 * `npm run bench -- limiter-utilisation` and takes about 45 minutes.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    processes: { type: 'string', default: '1,2,4,8' },
    only: { type: 'string', default: '' },
  },
});
const durationMs = Number(values.seconds) * 1_000;
const counts = values.processes.split(',').map(Number);

const plain = {
  callers: 20,
  estimate: { inputTokens: 20, outputTokens: 20 },
  prompt: 'hi',
  maxTokens: 20,
  latencyMs: 50,
  durationMs,
} satisfies Partial<LimiterLoadRun>;
type Bound = Pick<LimiterLoadRun, 'limits' | 'enforcement'> & Partial<LimiterLoadRun>;
const bounds: Record<string, Bound> = {
  'requests, bucket': { limits: { requests_per_minute: 1_200 }, enforcement: 'bucket' },
  'requests, window': { limits: { requests_per_minute: 1_200 }, enforcement: 'window' },
  'tokens, bucket': { limits: { tokens_per_minute: 60_000 }, enforcement: 'bucket' },
  'tokens, window': { limits: { tokens_per_minute: 60_000 }, enforcement: 'window' },
  concurrency: { limits: { concurrency: 16 }, enforcement: 'bucket', latencyMs: 400 },
};

const KILLS = 'a kill -9 every 5 s';
const LOSS = 'Redis restarted without its data';
const faults: Record<string, Pick<LimiterLoadRun, 'disturb' | 'wrapper'>> = {
  [KILLS]: {
    disturb: (second, { replace, processes }) => {
      if (second % 5 === 0) replace((second / 5) % processes.length);
    },
  },
  'a process frozen for 17 s': {
    disturb: (second, { processes }) => {
      if (second === 5) processes[0]?.kill('SIGSTOP');
      if (second === 22) processes[0]?.kill('SIGCONT');
    },
  },
  'Redis restarted with its data': {
    disturb: (second, { redis }) => {
      if (second === 10) void redis.restart({ keepData: true });
    },
  },
  [LOSS]: {
    disturb: (second, { redis }) => {
      if (second === 10) void redis.restart({ keepData: false });
    },
  },
};
if (spawnSync('faketime', ['--version']).status === 0) {
  faults['a clock 15 s ahead'] = { wrapper: ['faketime', '-f', '+15s'] };
}

interface Row {
  limit: string;
  fault: string;
  processes: number;
  calls: number;
  used: string;
  overshoots: number;
  refused: number;
  verdict: string;
}

const rows: Row[] = [];
for (const [limit, bound] of Object.entries(bounds)) {
  for (const processes of counts)
    await measure({ limit, fault: 'none', run: { ...plain, ...bound, processes } });
  if (limit.endsWith('window')) continue;
  for (const [fault, disturbance] of Object.entries(faults)) {
    await measure({ limit, fault, run: { ...plain, ...bound, ...disturbance, processes: 4 } });
  }
}
await measure({
  limit: 'tokens, bucket',
  fault: 'each call 3 × the bucket',
  run: {
    ...plain,
    limits: { tokens_per_minute: 6_000, burst_tokens: 200 },
    enforcement: 'bucket',
    callers: 2,
    estimate: { inputTokens: 580, outputTokens: 20 },
    prompt: 'word '.repeat(570),
    processes: 2,
  },
});

console.table(rows);
if (values.only === '') {
  const directory = join(import.meta.dirname, 'results');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'limiter-utilisation.md'), toMarkdown());
}
process.exitCode = rows.every(({ verdict }) => verdict === 'ok') ? 0 : 1;

async function measure({ limit, fault, run }: { limit: string; fault: string; run: LimiterLoadRun }) {
  if (!`${limit}, ${fault}`.includes(values.only)) return;
  const { calls, overshoots, refused, utilisation } = await runLimiterLoad(run);
  const used = `${(utilisation * 100).toFixed(1)} %`;
  const verdict = judge({ limit, fault, utilisation, overshoots, run });
  rows.push({ limit, fault, processes: run.processes, calls, used, overshoots, refused, verdict });
  console.error(rows.at(-1));
}

/** What the limits promise; how much is used while Redis or a process is away is only told. */
function judge(row: {
  limit: string;
  fault: string;
  utilisation: number;
  overshoots: number;
  run: LimiterLoadRun;
}): string {
  // The loss of all data costs at most the calls then in flight.
  const lost = row.fault === LOSS ? (row.run.limits.concurrency ?? 0) : 0;
  const wanted = row.limit.endsWith('window') ? 0.95 : 0.97;
  const counts = row.fault === 'none' || row.fault === KILLS;
  return row.overshoots <= lost && (!counts || row.utilisation >= wanted) ? 'ok' : 'MISSED';
}

function toMarkdown(): string {
  const head = `# Use of limits\n\n${values.seconds} s each, Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}.\n\n`;
  const columns = [
    'limit',
    'fault',
    'processes',
    'calls',
    'used',
    'overshoots',
    'refused',
    'verdict',
  ] as const;
  const lines = rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`);
  return `${head}| ${columns.join(' | ')} |\n| ${columns.map(() => '---').join(' | ')} |\n${lines.join('\n')}\n`;
}
