import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApi, type ApiLimits } from '@sluice/api';
import { configSchema, type ApiErrorBody, type Config, type Job } from '@sluice/contracts';
import {
  createLogger,
  createMetrics,
  loadEnvironment,
  openBroker,
  type Environment,
  type OpenBroker,
} from '@sluice/runtime';
import { startTestRedis } from '../support/redis-for-tests.ts';

export interface ApiFixture {
  url: string;
  adminKey: string;
  environment: Environment;
  /** The broker as a worker sees it: plays the worker's part. */
  open: OpenBroker;
  /** With the admin key, unless the headers name another. */
  request(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  submit(body?: object): Promise<Job>;
  close(): Promise<void>;
}

export const SUBMISSION = { request: { messages: [{ role: 'user', content: 'Say hello.' }] } };

const CONFIG: Config = configSchema.parse({
  providers: {
    openai: { kind: 'openai', api_key: 'unused' },
    anthropic: { kind: 'anthropic', api_key: 'unused' },
  },
  routes: { default: { targets: ['openai/gpt-5.4-mini', 'anthropic/claude-haiku-4-5'] } },
  durability: 'memory',
});

/** The API on a real Redis, over real HTTP, without workers: the tests move jobs on themselves. */
export async function startApiFixture({
  limits = {},
  ...options
}: {
  limits?: Partial<ApiLimits>;
  /** Borrowed. @defaultValue one that the fixture starts and closes */
  redisUrl?: string;
  /** Over the fixture's own. */
  config?: Partial<Config>;
} = {}): Promise<ApiFixture> {
  const redis = options.redisUrl === undefined ? await startTestRedis() : null;
  const adminKey = `test_${randomBytes(12).toString('hex')}`;
  const environment = loadEnvironment({
    REDIS_URL: options.redisUrl ?? redis?.url,
    REDIS_PREFIX: `t${randomBytes(5).toString('hex')}`,
    PORT: '0',
    SLUICE_ADMIN_KEY: adminKey,
  });
  const folder = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  const config: Config = {
    ...CONFIG,
    ...options.config,
    storage: { kind: 'local', path: folder },
  };
  const logger = createLogger({ name: 'test', level: process.env['TEST_LOG_LEVEL'] ?? 'silent' });
  const api = await startApi({ config, environment, logger, limits });
  const open = await openBroker({
    config,
    environment,
    logger,
    metrics: createMetrics({ defaults: false }),
  });
  const request = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${api.url}${path}`, {
      ...init,
      headers: { authorization: `Bearer ${adminKey}`, ...(init.headers as Record<string, string>) },
    });
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    request(path, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  return {
    url: api.url,
    adminKey,
    environment,
    open,
    request,
    post,
    async submit(body = SUBMISSION) {
      const answer = await post('/v1/jobs', body);
      if (answer.status !== 202) throw new Error(`submit answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Job;
    },
    async close() {
      await api.close();
      await open.close();
      await redis?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Status and error of an answer that should be a refusal. */
export async function refusal(answer: Response): Promise<{ status: number } & ApiErrorBody['error']> {
  return { status: answer.status, ...((await answer.json()) as ApiErrorBody).error };
}
