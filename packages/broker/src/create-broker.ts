import type { BudgetConfig, DurabilityMode, Tier } from '@sluice/contracts';
import { PLAIN_VAULT, type Vault } from '@sluice/vault';
import type { TenantShare } from './fairness-policy.ts';
import { createBacklog } from './backlog.ts';
import { createLanePool } from './batch-lane/lane-pool.ts';
import { createLaneRuns } from './batch-lane/lane-runs.ts';
import { createLineTransitions } from './batch-lane/line-transitions.ts';
import { createBudgets } from './budgets.ts';
import type { BatchWebhookDue } from './batches/batch-outbox.ts';
import { createBatchStore } from './batches/batch-store.ts';
import { createFileIndex } from './batches/file-index.ts';
import { createSettleLine } from './batches/settle-line.ts';
import { createSubmitLines } from './batches/submit-lines.ts';
import { createDurabilityGate } from './durability.ts';
import { createHealthStore } from './health-store.ts';
import { createJobStore } from './job-store.ts';
import { createJobCodec } from './job-codec.ts';
import { createKeyQuotas } from './key-quotas.ts';
import { createKeys } from './keys.ts';
import { createMemoryGuard } from './memory-guard.ts';
import { createOperations } from './operations.ts';
import { createOutbox, type WebhookDue } from './outbox.ts';
import { createPlacement } from './placement.ts';
import type { RedisClient } from './script.ts';
import { createSweeper } from './sweeper.ts';
import { createTicketQueues } from './ticket-queues.ts';
import { createTransitions } from './transitions.ts';
import { createWarmPrompts } from './warm-prompts.ts';

export interface BrokerOptions {
  /** For scripts and reads; in the API without offline queue and with a command timeout. Borrowed. */
  redis: RedisClient;
  /** For BullMQ's queues. Borrowed. */
  queueConnection: RedisClient;
  prefix: string;
  /** Seals what callers and models wrote. @defaultValue stored as it is */
  vault?: Vault;
  /** How tiers share a provider. */
  shares: Readonly<Record<Tier, number>>;
  /** How tenants share a tier. @defaultValue none is named */
  tenants?: Readonly<Record<string, TenantShare>>;
  /** Tenants that are not named. @defaultValue weight 1, no cap */
  others?: TenantShare;
  /** Those in force at first. @defaultValue none */
  budgets?: readonly BudgetConfig[];
  durability: { mode: DurabilityMode; syncsEveryWrite: boolean; timeoutMs: number };
  /** Where receivers of webhooks reach the API, without a slash at its end. */
  baseUrl: string;
  /** @defaultValue none is */
  isWebhookWanted?: (tenant: string, type: string) => Promise<boolean>;
  deliverWebhook: (due: WebhookDue) => Promise<void>;
  /** @defaultValue nothing */
  deliverBatchWebhook?: (due: BatchWebhookDue) => Promise<void>;
  /** Removes what webhooks still hold of an erased job. @defaultValue nothing */
  eraseWebhooks?: (jobId: string) => Promise<void>;
  /** Something failed that another process or the sweeper will make up for. */
  onError: (error: unknown, context: { jobId?: string }) => void;
}

/** Everything that Sluice keeps in Redis about jobs, wired together. Opens BullMQ queues, which `close` closes. */
export function createBroker(options: BrokerOptions) {
  const { redis, prefix, onError } = options;
  const keys = createKeys(prefix);
  const backlog = createBacklog({
    redis,
    keys,
    policy: {
      shares: options.shares,
      tenants: options.tenants ?? {},
      others: options.others ?? { weight: 1, maxRunning: null },
    },
  });
  const vault = options.vault ?? PLAIN_VAULT;
  const codec = createJobCodec(vault);
  const queues = createTicketQueues({
    connection: options.queueConnection,
    keys,
    onError: (error) => onError(error, {}),
  });
  const lanePool = createLanePool({ redis, keys });
  const laneRuns = createLaneRuns({ redis, keys });
  const placement = createPlacement({ redis, keys, codec, backlog, queues, lanePool });
  const quotas = createKeyQuotas({ redis, keys });
  const budgets = createBudgets({ redis, keys, budgets: options.budgets ?? [] });
  const outbox = createOutbox({
    redis,
    keys,
    codec,
    settlements: [
      {
        appliesTo: ({ options: { countsForKey } }) => countsForKey === true,
        settle: ({ id, keyId, usage }) => quotas.settle(keyId, id, usage?.total_tokens ?? 0),
      },
      { appliesTo: () => !budgets.isEmpty(), settle: budgets.end },
    ],
    baseUrl: options.baseUrl,
    isWebhookWanted: options.isWebhookWanted ?? (async () => false),
    deliverWebhook: options.deliverWebhook,
    settleLine: createSettleLine({ redis, keys }),
  });
  const transitions = createTransitions({
    redis,
    keys,
    codec,
    outbox,
    onFlushError: (jobId, error) => onError(error, { jobId }),
  });
  const lines = createLineTransitions({
    redis,
    keys,
    outbox,
    onFlushError: (jobId, error) => onError(error, { jobId }),
  });
  const durability = createDurabilityGate({ redis, ...options.durability });
  const memory = createMemoryGuard({ redis });
  const jobs = createJobStore({
    redis,
    keys,
    codec,
    backlog,
    placement,
    transitions,
    outbox,
    quotas,
    lanePool,
    confirmDurable: durability.confirm,
    isFull: memory.isFull,
    eraseWebhooks: options.eraseWebhooks ?? (async () => {}),
    onDeferredError: (error) => onError(error, {}),
  });
  const sweeper = createSweeper({
    redis,
    keys,
    codec,
    backlog,
    queues,
    placement,
    lanePool,
    laneRuns,
    transitions,
    outbox,
    onError,
  });
  const batches = createBatchStore({
    redis,
    keys,
    vault,
    baseUrl: options.baseUrl,
    deliverWebhook: options.deliverBatchWebhook ?? (async () => {}),
    confirmDurable: durability.confirm,
  });
  const submitLines = createSubmitLines({
    redis,
    keys,
    codec,
    quotas,
    backlog,
    placement,
    lanePool,
    isFull: memory.isFull,
    onDeferredError: (error) => onError(error, {}),
  });
  return {
    keys,
    codec,
    jobs,
    batches,
    files: createFileIndex({ redis, keys }),
    submitLines,
    backlog,
    queues,
    placement,
    outbox,
    quotas,
    budgets,
    transitions,
    lanePool,
    laneRuns,
    lines,
    sweeper,
    health: createHealthStore({ redis, keys }),
    warmPrompts: createWarmPrompts({ redis, keys }),
    operations: createOperations({ redis, keys, backlog, laneRuns }),
    close: () => queues.close(),
  };
}

export type Broker = ReturnType<typeof createBroker>;
