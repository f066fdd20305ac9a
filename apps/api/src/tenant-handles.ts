import {
  createCallerBudgets,
  createTenantBatches,
  createTenantJobs,
  type BatchStore,
  type Budgets,
  type CallerBudgets,
  type FileIndex,
  type JobStore,
  type TenantBatches,
  type TenantJobs,
} from '@sluice/broker';
import type { FileStore } from '@sluice/files';
import type { TenantDeliveries, TenantEndpoints, WebhookPublisher } from '@sluice/webhooks';
import { createTenantFiles, type TenantFiles } from './tenant-files.ts';

/**
 * What belongs to tenants, of all of them. Only what acts for all has it: authentication, which hands a caller its
 * part, and the runner of batches. Routes do not: `ApiDeps` has none of it.
 */
export interface TenantStores {
  jobs: JobStore;
  batches: BatchStore;
  /** Which files there are; their content is in `files`. */
  fileIndex: FileIndex;
  files: FileStore;
  endpointsOf: (tenant: string) => TenantEndpoints;
  deliveriesOf: (tenant: string) => TenantDeliveries;
  publish: WebhookPublisher['publish'];
  /** Events, other than ends, that endpoints of a tenant ask for, as far as is known; never waits. */
  progressEvents: (tenant: string) => readonly string[];
  /** What may be spent. Throws while Redis has not been reached yet. */
  budgets: () => Budgets;
}

export interface TenantWebhooks {
  endpoints: TenantEndpoints;
  deliveries: TenantDeliveries;
  /** Sends an event of the tenant's to its endpoints; the ids of the deliveries. */
  publish(event: Omit<Parameters<WebhookPublisher['publish']>[0], 'tenant'>): Promise<readonly string[]>;
  /** Events, other than ends, that the endpoints ask for, as far as is known; never waits. */
  progressEvents(): readonly string[];
}

/** All that a request can reach of what belongs to tenants: its own tenant's. It can name no other. */
export interface TenantHandles {
  tenant: string;
  jobs: TenantJobs;
  batches: TenantBatches;
  files: TenantFiles;
  webhooks: TenantWebhooks;
  /** Of the tenant and the key. */
  budgets: CallerBudgets;
}

/** The part of the stores that is one tenant's, and one key's. */
export function openTenant(
  stores: TenantStores,
  { tenant, keyId }: { tenant: string; keyId: string },
): TenantHandles {
  return {
    tenant,
    jobs: createTenantJobs(stores.jobs, tenant),
    batches: createTenantBatches(stores.batches, tenant),
    files: createTenantFiles(stores, tenant),
    webhooks: {
      endpoints: stores.endpointsOf(tenant),
      deliveries: stores.deliveriesOf(tenant),
      publish: (event) => stores.publish({ ...event, tenant }),
      progressEvents: () => stores.progressEvents(tenant),
    },
    budgets: createCallerBudgets(stores.budgets, { tenant, keyId }),
  };
}
