import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ProviderLimits } from '@sluice/limiter';
import { COST_SUBJECTS } from '../support/limiter-cost-child.ts';
import type { LimiterCostMessage, LimiterCostTask } from '../support/limiter-cost-child.ts';
import { startLimiterRedis } from '../support/limiter-redis.ts';

/**
 * What the gate costs: permits a second for calls that do nothing, through Bottleneck with our datastore, by the
 * scripts alone and through Bottleneck's own Redis clustering, on one Redis in one run, in one process and in four.
 */
const limits: ProviderLimits = {
  provider: {
    requests_per_minute: 6e9,
    tokens_per_minute: 6e12,
    concurrency: 100_000,
    arrival_jitter_ms: 250,
  },
  models: {},
};
const NAMES = {
  gate: 'Bottleneck on our datastore',
  scripts: 'the scripts alone',
  clustering: 'Bottleneck’s own clustering',
};
/** At least so many times its own clustering, with 50 permits asked for at once. */
const WANTED: Record<string, number> = { 'gate 1': 1.8, 'gate 4': 3, 'scripts 1': 10 };
const loads = [
  { processes: 1, inFlight: 50 },
  { processes: 4, inFlight: 50 },
  { processes: 1, inFlight: 1 },
];
/** Each is measured so often, in turn with the others, and the middle one counts: the machine may have other work. */
const ROUNDS = 3;

interface Measured {
  permitsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
}

interface Row extends Measured {
  what: string;
  processes: number;
  inFlight: number;
  times: string;
  wanted: string;
}

const server = await startLimiterRedis({ fsync: 'everysec' });
const rows: Row[] = [];
let missed = false;
for (const load of loads) await measureLoad(load);
await server.close();
console.table(rows);
await keepResults();
process.exitCode = missed ? 1 : 0;

async function measureLoad(load: { processes: number; inFlight: number }): Promise<void> {
  const measured = new Map<string, Measured[]>(COST_SUBJECTS.map((subject) => [subject, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of COST_SUBJECTS) measured.get(subject)?.push(await measure(subject, load));
  }
  const middle = (subject: string): Measured => {
    const sorted = measured
      .get(subject)
      ?.toSorted((left, right) => left.permitsPerSecond - right.permitsPerSecond);
    return sorted?.[Math.floor(ROUNDS / 2)] as Measured;
  };
  const base = middle('clustering').permitsPerSecond;
  for (const subject of COST_SUBJECTS) {
    const times = middle(subject).permitsPerSecond / base;
    const wanted = load.inFlight > 1 ? WANTED[`${subject} ${load.processes}`] : undefined;
    if (wanted !== undefined && times < wanted) missed = true;
    rows.push({
      what: NAMES[subject],
      ...load,
      ...middle(subject),
      times: `${times.toFixed(1)} ×`,
      wanted: wanted === undefined ? '' : `${wanted} × ${times < wanted ? 'MISSED' : 'ok'}`,
    });
  }
}

async function measure(
  subject: LimiterCostTask['subject'],
  { processes, inFlight }: { processes: number; inFlight: number },
): Promise<Measured> {
  const permits = permitsOf(subject, inFlight);
  const run = `${subject}-${crypto.randomUUID()}`;
  const task: LimiterCostTask = { redisUrl: server.url, subject, limits, inFlight, permits, run };
  const children = Array.from({ length: processes }, () => forkChild(task));
  await Promise.all(children.map(({ ready }) => ready));
  for (const { begin } of children) begin();
  const ended = await Promise.all(children.map(({ done }) => done));
  const startedAtMs = Math.min(...ended.map((each) => each.startedAtMs));
  const endedAtMs = Math.max(...ended.map((each) => each.endedAtMs));
  const durationsMs = ended.flatMap((each) => each.durationsMs).toSorted((left, right) => left - right);
  const percentile = (share: number) =>
    Number((durationsMs[Math.floor(durationsMs.length * share)] ?? 0).toFixed(2));
  return {
    permitsPerSecond: Math.round((durationsMs.length * 1_000) / (endedAtMs - startedAtMs)),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

/** So many that each run takes a second or two. */
function permitsOf(subject: LimiterCostTask['subject'], inFlight: number): number {
  if (inFlight === 1) return subject === 'clustering' ? 300 : 1_500;
  return { gate: 6_000, scripts: 20_000, clustering: 1_500 }[subject];
}

function forkChild(task: LimiterCostTask) {
  const ready = Promise.withResolvers<void>();
  const done = Promise.withResolvers<Extract<LimiterCostMessage, { type: 'done' }>>();
  const path = join(import.meta.dirname, '..', 'support', 'limiter-cost-child.ts');
  const child = fork(path, [JSON.stringify(task)], { execArgv: [] });
  child.on('message', (message) => {
    const told = message as LimiterCostMessage;
    if (told.type === 'ready') ready.resolve();
    else done.resolve(told);
  });
  child.on('exit', (code) => {
    const error = new Error(`${task.subject} ended with ${code}`);
    ready.reject(error);
    done.reject(error);
  });
  return {
    ready: ready.promise,
    begin: () => void child.send('begin'),
    done: done.promise.then(async (told) => {
      if (child.exitCode === null) await once(child, 'exit');
      return told;
    }),
  };
}

async function keepResults(): Promise<void> {
  const directory = join(import.meta.dirname, 'results');
  await mkdir(directory, { recursive: true });
  const columns = [
    'what',
    'processes',
    'inFlight',
    'permitsPerSecond',
    'p50Ms',
    'p99Ms',
    'times',
    'wanted',
  ] as const;
  const lines = [
    '# What a permit costs',
    '',
    `Node ${process.version}, ${availableParallelism()} cores, ${new Date().toISOString()}; the middle of ${ROUNDS} rounds.`,
    '`inFlight` is asked for at once in each process; `times` is against Bottleneck’s own clustering under the same load.',
    '',
    `| ${columns.join(' | ')} |`,
    `| ${columns.map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| ${columns.map((column) => row[column]).join(' | ')} |`),
  ];
  await writeFile(join(directory, 'limiter-cost.md'), `${lines.join('\n')}\n`);
}
