import {
  createApiKeyStore,
  createAuditLog,
  createEventWakeups,
  createInstallationSecret,
  createJobCodec,
  createKeys,
  createReplyChannel,
  openWorldView,
  fairnessPolicy,
} from '@sluice/broker';
import type { Config } from '@sluice/contracts';
import { createModelCatalogue, listTargets } from '@sluice/core';
import { checkUrl } from '@sluice/egress';
import { openFileStore } from '@sluice/files';
import {
  connectRedis,
  createErrorLog,
  createMetrics,
  createRedisErrorLog,
  egressPolicy,
  readRedisFacts,
} from '@sluice/runtime';
import { createFileVault, createVault } from '@sluice/vault';
import type { Environment, Logger, Metrics } from '@sluice/runtime';
import { startBatchRunner, type BatchRunner } from './batches/batch-runner.ts';
import { DEFAULT_API_LIMITS, type ApiLimits } from './api-limits.ts';
import type { ApiDeps } from './api-deps.ts';
import { buildApi } from './build-api.ts';
import { createRouter } from './create-router.ts';
import { deferMethods } from './defer-methods.ts';
import { keepBrokerOpen } from './keep-broker-open.ts';
import type { TenantStores } from './tenant-handles.ts';

export interface StartApiOptions {
  config: Config;
  environment: Environment;
  logger: Logger;
  /** @defaultValue a registry of the API's own */
  metrics?: Metrics;
  /** @defaultValue `DEFAULT_API_LIMITS` */
  limits?: Partial<ApiLimits>;
  /** How long a lost process keeps its batches. @defaultValue 15,000 */
  batchLeaseMs?: number;
}

export interface Api {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /** Takes a reloaded configuration; jobs already queued keep their chain. Durability stays. */
  setConfig(config: Config): void;
  /** Ends streams and requests, then closes every connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Builds the API, listens, and connects. Starts without Redis too, and answers 503 until it is there.
 * Rejects when the address can't be listened on.
 */
export async function startApi({ logger, ...options }: StartApiOptions): Promise<Api> {
  const { redisPrefix: prefix, adminKey, port, host } = options.environment;
  const metrics = options.metrics ?? createMetrics();
  let config = options.config;
  let catalogue = createCatalogue(config);
  let environment = options.environment;

  const onRedisError = createRedisErrorLog({ logger, metrics });
  const subscriber = connectRedis({ environment, role: 'subscriber', onError: onRedisError('subscriber') });
  const vault = createVault(environment.encryptionKeys);
  const keys = createKeys(prefix);
  const wakeups = createEventWakeups({ subscriber, keys });
  const replies = createReplyChannel({ subscriber, keys, codec: createJobCodec(vault) });
  const kept = keepBrokerOpen({
    logger,
    metrics,
    onOpen: ({ redis, webhooks }) => ({
      forgetEndpoints: webhooks.directory.keepFresh(),
      apiKeys: createApiKeyStore({ redis, prefix, vault }),
      audit: createAuditLog({ redis, prefix }),
      installationSecret: createInstallationSecret({ redis, prefix, vault }),
    }),
  });

  const knownTargets = () => listTargets({ config, targetsOfModel: catalogue.targetsOfModel });
  const worldView = openWorldView({
    open: () => {
      const { redis, broker } = kept.current();
      return { redis, backlog: broker.backlog, budgets: broker.budgets };
    },
    keys,
    config: () => config,
    knownTargets,
    // The connection's own errors are logged; until it is back everything counts as healthy.
    onError: (error) => logger.debug({ reason: (error as Error).message }, 'the world was not read'),
  });

  const files = await openFileStore(config.storage, createFileVault(environment.encryptionKeys));
  let batchRunner: BatchRunner | null = null;
  const stores: TenantStores = {
    jobs: deferMethods(() => kept.current().broker.jobs),
    batches: deferMethods(() => kept.current().broker.batches),
    fileIndex: deferMethods(() => kept.current().broker.files),
    files,
    endpointsOf: (tenant) => deferMethods(() => kept.current().webhooks.endpoints.of(tenant)),
    deliveriesOf: (tenant) => deferMethods(() => kept.current().webhooks.deliveries(tenant)),
    publish: async (event) => kept.current().webhooks.publisher.publish(event),
    progressEvents: (tenant) => kept.current().webhooks.publisher.progressEvents(tenant),
    budgets: () => kept.current().broker.budgets,
  };
  const deps: ApiDeps = {
    wakeBatches: () => batchRunner?.wake(),
    operations: deferMethods(() => kept.current().broker.operations),
    ticketQueue: (provider, tier) => kept.current().broker.queues.open(provider, tier),
    wakeups,
    replies,
    apiKeys: deferMethods(() => kept.current().apiKeys),
    quotas: deferMethods(() => kept.current().broker.quotas),
    warmPrompts: deferMethods(() => kept.current().broker.warmPrompts),
    audit: deferMethods(() => kept.current().audit),
    installationSecret: async () => kept.current().installationSecret(),
    config: () => config,
    router: createRouter({
      config: () => config,
      catalogue: () => ({ resolve: catalogue.resolve, targetsOfModel: catalogue.targetsToCall }),
      world: worldView.world,
    }),
    resolveModel: (target) => catalogue.resolve(target),
    knownTargets,
    world: worldView.world,
    refuseWebhookUrl: (url) => {
      const verdict = checkUrl(url, egressPolicy(config));
      return verdict.status === 'ok' ? null : verdict.message;
    },
    adminKey,
    baseUrl: () => environment.publicBaseUrl,
    redisFacts: async () => readRedisFacts(kept.current().redis),
    metrics,
    logger,
    limits: { ...DEFAULT_API_LIMITS, ...options.limits },
  };
  const app = await buildApi({ ...deps, stores });

  /** Workers take it from Redis; one that is told of the new configuration itself publishes the same. */
  const publishPolicy = (next: Config): void => {
    const { operations } = kept.current().broker;
    kept.current().broker.budgets.configure(next.budgets);
    operations.setPolicy(fairnessPolicy(next), Object.keys(next.providers)).catch((error: unknown) => {
      logger.warn({ reason: (error as Error).message }, 'shares and tenants were not published');
    });
  };

  async function closeAll(): Promise<void> {
    await app.close();
    worldView.close();
    await batchRunner?.close();
    await files.close();
    replies.close();
    await wakeups.close();
    if (kept.isOpen()) kept.current().forgetEndpoints();
    await kept.close();
  }
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => (closing ??= closeAll());

  try {
    const url = await app.listen({ port, host });
    // With port 0 the address is known only now.
    if (port === 0) environment = { ...environment, publicBaseUrl: url };
    await kept.open({ config, environment });
    batchRunner = startBatchRunner({
      ...deps,
      ...stores,
      submitLines: async (jobs) => kept.current().broker.submitLines(jobs),
      onError: createErrorLog({ logger, message: 'batch not moved on, trying again' }),
      ...(options.batchLeaseMs === undefined ? {} : { leaseMs: options.batchLeaseMs }),
    });
    logger.info({ url }, 'api started');
    return {
      url,
      setConfig: (next) => {
        config = next;
        catalogue = createCatalogue(next);
        publishPolicy(next);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createCatalogue(config: Config): ReturnType<typeof createModelCatalogue> {
  return createModelCatalogue({ overrides: config.models, providers: config.providers });
}
