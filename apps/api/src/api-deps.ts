import type {
  ApiKeyStore,
  AuditLog,
  Broker,
  EventWakeups,
  KeyQuotas,
  Operations,
  ReplyChannel,
  WarmPrompts,
} from '@sluice/broker';
import type { Config, Target } from '@sluice/contracts';
import type { ResolvedModel, World } from '@sluice/core';
import type { Logger, Metrics, RedisFacts } from '@sluice/runtime';
import type { ApiLimits } from './api-limits.ts';
import type { Router } from './create-router.ts';

/**
 * Everything that routes stand on; all borrowed. Nothing that belongs to tenants is among it (`TenantStores`): routes
 * get jobs, batches, files, webhooks and budgets from `request.caller`, and can name no other tenant's.
 */
export interface ApiDeps {
  /** A batch of this process is due. */
  wakeBatches: () => void;
  /** What is there to see and to set of the providers. */
  operations: Operations;
  /** The BullMQ queue of a provider and tier. @throws RedisUnavailableError */
  ticketQueue: Broker['queues']['open'];
  wakeups: EventWakeups;
  /** What becomes of the jobs whose callers wait at this process. */
  replies: ReplyChannel;
  apiKeys: ApiKeyStore;
  /** What keys have taken of their limits. */
  quotas: KeyQuotas;
  /** Who has served long prompts lately. */
  warmPrompts: Pick<WarmPrompts, 'targetFor'>;
  /** What administrators changed. */
  audit: AuditLog;
  /** See `createInstallationSecret`. */
  installationSecret: () => Promise<Buffer>;
  /** The configuration in force; another one after a reload. */
  config: () => Config;
  /** Which targets may serve a submission, and in which order. */
  router: Router;
  /** What the catalogue knows about a target's model. */
  resolveModel: (target: Target) => Pick<ResolvedModel, 'entry' | 'vendor'>;
  /** Targets of the configured providers that the catalogue or the configuration names. */
  knownTargets: () => readonly Target[];
  /** What is known of targets at this moment; never waits. */
  world: () => World;
  /** Why a webhook may not go to this URL; null when it may. Looks at the text alone. */
  refuseWebhookUrl: (url: string) => string | null;
  /** Null: only keys made through the API work. */
  adminKey: string | null;
  /** Where callers reach the API, without a slash at the end. */
  baseUrl: () => string;
  /** Rejects when Redis is away. */
  redisFacts: () => Promise<RedisFacts>;
  metrics: Metrics;
  logger: Logger;
  limits: ApiLimits;
}
