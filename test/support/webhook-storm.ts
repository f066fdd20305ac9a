import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { unpaidEnd } from '@sluice/broker';
import { configSchema } from '@sluice/contracts';
import { createLogger, createMetrics, loadEnvironment, openBroker, type OpenBroker } from '@sluice/runtime';
import { newWebhookSecret, webhookEventId } from '@sluice/webhooks';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { freshBrokerJob } from './fresh-broker-job.ts';
import { startTestRedis } from './redis-for-tests.ts';
import { until } from './until.ts';

type Answer = (response: ServerResponse, call: { count: number }) => void;

/** `count` calls so far. Dead ones come to life in the second phase, but for the one that is gone. */
const RECEIVERS: Readonly<Record<string, (dead: () => boolean) => Answer>> = {
  healthy: () => (response) => response.writeHead(204).end(),
  flaky:
    () =>
    (response, { count }) =>
      response.writeHead(count % 3 === 0 ? 500 : 200).end(),
  hanging: (dead) => (response) => (dead() ? undefined : response.end()),
  resetting: (dead) => (response) => (dead() ? response.destroy() : response.end()),
  limited:
    () =>
    (response, { count }) =>
      count % 2 === 0 ? response.writeHead(429, { 'retry-after': '1' }).end() : response.end(),
  moved: (dead) => (response) =>
    dead() ? response.writeHead(301, { location: 'http://127.0.0.1:9/' }).end() : response.end(),
  gone: () => (response) => response.writeHead(410).end(),
};

export interface StormReport {
  events: number;
  calls: number;
  /** Event ids that no receiver ever saw. */
  missing: readonly string[];
  /** Calls beyond the first of an event. */
  repeated: number;
  badSignatures: number;
  /** Events that came with two different bodies. */
  changedBodies: number;
  /** From the job's end to its arrival at the healthy receiver, while others hang, reset and refuse. */
  healthyDelayMs: { p50: number; p95: number; max: number };
}

const CONFIG = {
  durability: 'fsync',
  webhooks: {
    allow_cidrs: ['127.0.0.0/8'],
    timeout: '2s',
    retry_schedule: Array.from({ length: 30 }, (_, n) => `${Math.min(2_000, 100 * 2 ** n)}ms`),
    circuit: { failures: 10, pause: '200ms', max_pause: '1s' },
  },
};

/**
 * Ends jobs with webhooks to receivers of every bad kind. First nothing is killed and the delay of the healthy receiver
 * is measured; then the dispatcher is killed twice and Redis once, on the way; last it is counted what arrived.
 */
export async function runWebhookStorm({ jobs }: { jobs: number }): Promise<StormReport> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const redis = await startTestRedis({ settings: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    closers.push(() => redis.close());
    const environment = loadEnvironment({
      REDIS_URL: redis.url,
      REDIS_PREFIX: `storm${process.pid}`,
      PUBLIC_BASE_URL: 'http://127.0.0.1:1',
    });
    const logger = createLogger({ name: 'storm', level: 'silent' });
    const config = configSchema.parse(CONFIG);
    const open = await openBroker({
      config,
      environment,
      logger,
      metrics: createMetrics({ defaults: false }),
    });
    closers.push(() => open.close());
    const folder = await mkdtemp(join(tmpdir(), 'sluice-storm-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'sluice.yaml');
    await writeFile(file, JSON.stringify(CONFIG));
    let child: ChildProcess | null = null;
    const startChild = (): void => {
      child = spawn(
        process.execPath,
        [join(import.meta.dirname, '../../apps/cli/src/main.ts'), 'dispatcher'],
        {
          env: {
            PATH: process.env['PATH'],
            REDIS_URL: redis.url,
            REDIS_PREFIX: environment.redisPrefix,
            SLUICE_CONFIG: file,
            LOG_LEVEL: 'fatal',
            PUBLIC_BASE_URL: environment.publicBaseUrl,
          },
          stdio: 'ignore',
        },
      );
    };
    const killChild = async (): Promise<void> => {
      if (!child || child.exitCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    };
    closers.push(killChild);

    const phase = { dead: true };
    const secret = newWebhookSecret();
    const openai = new OpenAI({ apiKey: 'unused', webhookSecret: secret });
    const seen = new Map<string, { count: number; firstAtMs: number; body: string }>();
    const report = { calls: 0, badSignatures: 0, changedBodies: 0 };
    const names = Object.keys(RECEIVERS);
    const urls = await Promise.all(
      names.map(async (name) => {
        const answer = RECEIVERS[name]?.(() => phase.dead);
        let count = 0;
        const take = async (body: string, headers: IncomingHttpHeaders, response: ServerResponse) => {
          count += 1;
          report.calls += 1;
          const id = String(headers['webhook-id']);
          const known = seen.get(id);
          if (known && known.body !== body) report.changedBodies += 1;
          seen.set(id, {
            count: (known?.count ?? 0) + 1,
            firstAtMs: known?.firstAtMs ?? performance.now(),
            body,
          });
          try {
            new Webhook(secret).verify(body, headers as Record<string, string>);
            await openai.webhooks.unwrap(body, headers as Record<string, string>);
          } catch {
            report.badSignatures += 1;
          }
          answer?.(response, { count });
        };
        const server = createServer((request, response) => {
          void text(request).then(
            (body) => take(body, request.headers, response),
            () => undefined,
          );
        });
        server.listen(0, '127.0.0.1');
        await once(server, 'listening');
        closers.push(async () => {
          server.closeAllConnections();
          server.close();
        });
        return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
      }),
    );

    const endedAtMs = new Map<string, { atMs: number; receiver: string; half: number }>();
    const endJobs = async (half: number): Promise<void> => {
      const mine = Array.from({ length: Math.ceil(jobs / 2) }, (_, n) => n);
      const next = async (): Promise<void> => {
        for (let n = mine.pop(); n !== undefined; n = mine.pop()) {
          const receiver = names[n % names.length] as string;
          const url = urls[n % names.length] as string;
          const eventId = await endJob(open, { url, secret });
          endedAtMs.set(eventId, { atMs: performance.now(), receiver, half });
        }
      };
      await Promise.all(Array.from({ length: 8 }, next));
    };

    startChild();
    const first = await endJob(open, { url: urls[0] as string, secret });
    endedAtMs.set(first, { atMs: performance.now(), receiver: 'healthy', half: 0 });
    await until(() => seen.has(first), { what: 'the dispatcher', timeoutMs: 60_000 });
    await endJobs(1);
    await until(() => [...endedAtMs].every(([id, { receiver }]) => receiver !== 'healthy' || seen.has(id)), {
      what: 'all events at the healthy receiver',
      timeoutMs: 60_000,
    });
    const second = endJobs(2);
    await killChild();
    startChild();
    await redis.restart?.();
    await second;
    await killChild();
    startChild();
    phase.dead = false;
    await until(() => [...endedAtMs.keys()].every((id) => seen.has(id)), {
      what: 'every event',
      timeoutMs: 240_000,
    }).catch(() => undefined);

    const delays = [...endedAtMs]
      .filter(([, { receiver, half }]) => receiver === 'healthy' && half === 1)
      .map(([id, { atMs }]) => Math.max(0, (seen.get(id)?.firstAtMs ?? Infinity) - atMs))
      .toSorted((a, b) => a - b);
    const quantile = (share: number): number =>
      Math.round(delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? NaN);
    return {
      ...report,
      events: endedAtMs.size,
      missing: [...endedAtMs.keys()].filter((id) => !seen.has(id)),
      repeated: report.calls - seen.size,
      healthyDelayMs: { p50: quantile(0.5), p95: quantile(0.95), max: quantile(1) },
    };
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Submits a job and ends it, however often Redis goes away meanwhile. Answers the id of the event of its end. */
async function endJob({ broker }: OpenBroker, webhook: { url: string; secret: string }): Promise<string> {
  const events = ['job.failed'];
  const job = freshBrokerJob({ options: { webhook: { ...webhook, events } } });
  const submitted = await persist(() => broker.jobs.submit(job));
  if (!('job' in submitted)) throw new Error(submitted.status);
  await persist(() =>
    broker.transitions.finish(submitted.job, {
      condition: 'any',
      status: 'failed',
      attemptEnd: unpaidEnd('abandoned', null),
    }),
  );
  // `job.queued` is the first event, the end the second.
  return webhookEventId(job.id, 2);
}

/** Tries again while Redis is away. */
async function persist<Value>(work: () => Promise<Value>): Promise<Value> {
  const done = await until(
    () =>
      work().then(
        (value) => ({ value }),
        () => null,
      ),
    { what: 'Redis to come back' },
  );
  return done.value;
}
