import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, type StartApiOptions } from '@sluice/api';
import { configSchema, type Config, type Job } from '@sluice/contracts';
import { startDispatcher } from '@sluice/dispatcher';
import { createLogger, loadEnvironment, type Environment } from '@sluice/runtime';
import { startSimulator, type Simulator, type SimulatorConfigInput } from '@sluice/simulator';
import { startWorker } from '@sluice/worker';
import { startTestRedis, type TestRedis } from './redis-for-tests.ts';
import { until } from './until.ts';

export interface StackOptions {
  simulator?: SimulatorConfigInput;
  /** The test's own server, which it closes itself. @defaultValue the one of all tests */
  redis?: TestRedis;
  /** Over a configuration whose providers openai, anthropic and google are all simulated. */
  config?: {
    providers?: Record<string, object>;
    /** Beside these three; `simulated` names the simulator's account that one is. */
    extraProviders?: Record<string, { simulated?: string; [key: string]: unknown }>;
    [key: string]: unknown;
  };
  /** Workers in this process. @defaultValue 1 */
  workers?: number;
  capacity?: number;
  apiLimits?: StartApiOptions['limits'];
  sweepAfterMs?: number;
  fileRoundMs?: number;
  batchLeaseMs?: number;
  /** `SLUICE_ENCRYPTION_KEYS`. @defaultValue none: stored as it is */
  encryptionKeys?: string;
  /** Takes every line of the log, from level trace on. */
  onLog?: (line: string) => void;
  /** The key prefix. @defaultValue one that no other has */
  prefix?: string;
}

export interface Stack {
  url: string;
  key: string;
  simulator: Simulator;
  redis: TestRedis;
  environment: Environment;
  config: Config;
  request(path: string, init?: RequestInit): Promise<Response>;
  submit(body: object, headers?: Record<string, string>): Promise<Job>;
  job(id: string): Promise<Job>;
  /** Waits until the job has ended. */
  ended(id: string, timeoutMs?: number): Promise<Job>;
  /** Starts a worker in a process of its own. */
  spawnWorker(providers: readonly string[]): Promise<ChildProcess>;
  /** Closes the API alone, as at a SIGTERM. */
  closeApi(): Promise<void>;
  close(): Promise<void>;
}

const DEFAULT_CHAIN = ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'];

/** The whole broker on a real Redis with simulated providers: api and dispatcher here, workers here or in children. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).toReversed()) await end();
  };
  try {
    const redis = options.redis ?? (await startTestRedis());
    if (!options.redis) closers.push(() => redis.close());
    const simulator = await startSimulator({
      config: { latency: { p50_ms: 5, tokens_per_second: 0 }, ...options.simulator },
    });
    closers.push(() => simulator.close());
    const key = `test_${randomBytes(12).toString('hex')}`;
    const environment: Environment = {
      ...loadEnvironment({
        REDIS_URL: redis.url,
        REDIS_PREFIX: options.prefix ?? `t${randomBytes(5).toString('hex')}`,
        PORT: '0',
        SLUICE_ADMIN_KEY: key,
        SLUICE_ENCRYPTION_KEYS: options.encryptionKeys,
        LOG_LEVEL: process.env['TEST_LOG_LEVEL'] ?? 'silent',
      }),
    };
    const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    const withFiles = { storage: { kind: 'local', path: folder }, ...options.config };
    const config = configSchema.parse(simulatedConfig(simulator, withFiles));
    const logger = createLogger(
      options.onLog
        ? { name: 'test', level: 'trace', write: options.onLog }
        : { name: 'test', level: environment.logLevel },
    );
    const { batchLeaseMs, fileRoundMs } = options;
    const api = await startApi({
      config,
      environment,
      logger,
      ...(options.apiLimits ? { limits: options.apiLimits } : {}),
      ...(batchLeaseMs === undefined ? {} : { batchLeaseMs }),
    });
    closers.push(() => api.close());
    const based = { ...environment, publicBaseUrl: api.url };
    const dispatcher = await startDispatcher({
      config,
      environment: based,
      logger,
      ...(options.sweepAfterMs ? { sweepAfterMs: options.sweepAfterMs } : {}),
      ...(fileRoundMs === undefined ? {} : { fileRoundMs }),
    });
    closers.push(() => dispatcher.close());
    for (let n = 0; n < (options.workers ?? 1); n += 1) {
      const worker = await startWorker({
        config,
        environment: based,
        logger,
        ...(options.capacity ? { capacity: options.capacity } : {}),
      });
      closers.push(() => worker.close());
    }
    const request = (path: string, init: RequestInit = {}): Promise<Response> =>
      fetch(`${api.url}${path}`, {
        ...init,
        headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
      });
    const job = async (id: string): Promise<Job> => (await (await request(`/v1/jobs/${id}`)).json()) as Job;
    return {
      url: api.url,
      key,
      simulator,
      redis,
      environment: based,
      config,
      request,
      job,
      async submit(body, headers = {}) {
        const answer = await request('/v1/jobs', {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json', ...headers },
        });
        const text = await answer.text();
        if (answer.status !== 202 && answer.status !== 200)
          throw new Error(`submit answered ${answer.status}: ${text}`);
        return JSON.parse(text) as Job;
      },
      ended: (id, timeoutMs = 30_000) =>
        until(
          async () => {
            const found = await job(id);
            return found.finished_at ? found : null;
          },
          { timeoutMs, what: `the end of ${id}` },
        ),
      async spawnWorker(providers) {
        const folder = await mkdtemp(join(tmpdir(), 'sluice-worker-'));
        const file = join(folder, 'sluice.yaml');
        // JSON is YAML; durations were parsed to milliseconds, which only the raw form can carry.
        await writeFile(file, JSON.stringify(simulatedConfig(simulator, options.config ?? {})));
        const child = spawn(
          process.execPath,
          [join(ROOT, 'apps/cli/src/main.ts'), 'worker', '--providers', providers.join(',')],
          {
            env: {
              PATH: process.env['PATH'],
              REDIS_URL: redis.url,
              REDIS_PREFIX: environment.redisPrefix,
              SLUICE_CONFIG: file,
              PUBLIC_BASE_URL: api.url,
              LOG_LEVEL: 'info',
            },
            stdio: ['ignore', 'ignore', 'pipe'],
          },
        );
        closers.push(async () => {
          if (child.exitCode === null && child.signalCode === null) {
            const exited = new Promise((resolve) => child.once('exit', resolve));
            child.kill('SIGKILL');
            await exited;
          }
          await rm(folder, { recursive: true, force: true });
        });
        await started(child);
        return child;
      },
      closeApi: () => api.close(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const ROOT = join(import.meta.dirname, '../..');

function simulatedConfig(
  simulator: Simulator,
  config: NonNullable<StackOptions['config']>,
): Record<string, unknown> {
  const { providers = {}, extraProviders = {}, ...rest } = config;
  const simulated = (name: string, kind: string): object => ({
    kind,
    api_key: 'simulated',
    base_url: simulator.urlFor(name),
    ...providers[name],
  });
  return {
    durability: 'memory',
    webhooks: { allow_cidrs: ['127.0.0.0/8'] },
    routes: { default: { targets: DEFAULT_CHAIN } },
    retries: { base_delay: '50ms', max_delay: '500ms' },
    ...rest,
    providers: {
      openai: simulated('openai', 'openai'),
      anthropic: simulated('anthropic', 'anthropic'),
      google: simulated('google', 'google'),
      ...Object.fromEntries(
        Object.entries(extraProviders).map(([name, { simulated: account, ...own }]) => [
          name,
          account ? { api_key: 'simulated', base_url: simulator.urlFor(account), ...own } : own,
        ]),
      ),
    },
  };
}

/** Resolves when the worker says that it has started; rejects with its output when it exits before. */
function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000);
      if (output.includes('worker started')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the worker exited with ${code}: ${output}`)));
  });
}
