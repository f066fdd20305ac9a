import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { startApi } from '@sluice/api';
import type { Config } from '@sluice/contracts';
import { startDispatcher } from '@sluice/dispatcher';
import type { Environment, Logger } from '@sluice/runtime';
import { type Simulator, startSimulator } from '@sluice/simulator';
import { startWorker } from '@sluice/worker';
import { allowLoopbackWebhooks } from './allow-loopback-webhooks.ts';
import { keepFilesInFolder } from './keep-files-in-folder.ts';
import { simulateMissingProviders } from './simulate-missing-providers.ts';
import { startEmbeddedRedis } from './start-embedded-redis.ts';

export interface LocalBrokerOptions {
  config: Config;
  environment: Environment;
  /** State is kept here: Redis' data in `redis/`, files in `files/` unless the configuration says where. */
  folder: string;
  /** Used when the environment names no admin key; default: a new one. */
  adminKey?: string;
  logger: Logger;
}

export interface LocalBroker {
  url: string;
  adminKey: string;
  redisUrl: string;
  /** How Redis runs, for the user. */
  redisDescription: string;
  simulated: readonly string[];
  /** Null when every provider has a key. */
  simulator: Simulator | null;
  /** Takes a changed configuration; a provider that was added without a key is simulated after a restart only. */
  reload(config: Config): void;
  /** Closes all parts, the API first and Redis last; idempotent. */
  close(): Promise<void>;
}

/** The whole broker in this process: Redis (unless one is configured), simulator, api, worker and dispatcher. */
export async function startLocalBroker(options: LocalBrokerOptions): Promise<LocalBroker> {
  const closers: (() => Promise<void>)[] = [];
  const owned = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    closers.push(() => part.close());
    return part;
  };
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= closeInReverse(closers));
  try {
    return { ...(await startParts(options, owned)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  options: LocalBrokerOptions,
  owned: <Part extends { close(): Promise<void> }>(part: Part) => Part,
): Promise<Omit<LocalBroker, 'close'>> {
  const { logger } = options;
  const embedded = options.environment.redisConfigured
    ? null
    : owned(await startEmbeddedRedis(join(options.folder, 'redis')));
  const redisUrl = embedded?.url ?? options.environment.redisUrl;
  const adminKey = options.environment.adminKey ?? options.adminKey ?? newAdminKey();
  // All parts are in this process, which the API's own health routes tell about.
  const environment: Environment = { ...options.environment, redisUrl, adminKey, healthPort: null };

  const { simulator, simulated, config } = await withSimulator(
    allowLoopbackWebhooks(keepFilesInFolder(options.config, options.folder)),
    owned,
  );
  const api = owned(await startApi({ config, environment, logger }));
  const worker = owned(await startWorker({ config, environment, logger }));
  const dispatcher = owned(await startDispatcher({ config, environment, logger }));
  // Closed first, while the worker still runs what callers wait for; its second closing does nothing.
  owned(api);
  return {
    url: api.url,
    adminKey,
    redisUrl,
    redisDescription: embedded
      ? `${embedded.command}, data in ${join(options.folder, 'redis')}`
      : 'as configured',
    simulated,
    simulator,
    reload: (changed) => {
      const next = asSimulated(allowLoopbackWebhooks(changed), simulator);
      api.setConfig(next);
      worker.reconfigure(next);
      dispatcher.reconfigure(next);
    },
  };
}

async function withSimulator(
  config: Config,
  owned: <Part extends { close(): Promise<void> }>(part: Part) => Part,
): Promise<Pick<LocalBroker, 'simulator' | 'simulated'> & { config: Config }> {
  const missing = simulateMissingProviders(config, () => 'http://127.0.0.1').simulated;
  if (missing.length === 0) return { config, simulator: null, simulated: [] };
  const accounts = Object.fromEntries(
    missing.map((name) => [name, { kind: config.providers[name]?.kind ?? 'openai' }]),
  );
  const simulator = owned(await startSimulator({ config: { accounts } }));
  return { config: asSimulated(config, simulator), simulator, simulated: missing };
}

function asSimulated(config: Config, simulator: Simulator | null): Config {
  if (!simulator) return config;
  return simulateMissingProviders(config, (name) => simulator.urlFor(name)).config;
}

function newAdminKey(): string {
  return `sk_sluice_dev_${randomBytes(24).toString('base64url')}`;
}

async function closeInReverse(closers: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closers.toReversed()) {
    await close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some parts could not be closed');
}
