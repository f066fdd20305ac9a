import type { TenantJobs } from '@sluice/broker';
import type { ApiKeyAllow, ApiKeyDefaults, ApiKeyLimits } from '@sluice/contracts';

/** Who sent a request: one API key, or the admin key. */
export interface Caller {
  tenant: string;
  /** The tenant's jobs: the only way from a request to jobs. */
  jobs: TenantJobs;
  /** `key_…`, or `admin` for the admin key. */
  keyId: string;
  scopes: readonly string[];
  /** What the key may take, and what its jobs may use; null: all. */
  limits: ApiKeyLimits | null;
  allow: ApiKeyAllow | null;
  /** Options of jobs that its callers need not send. */
  defaults: ApiKeyDefaults | null;
  /** Signs the webhooks of jobs that bring no secret of their own. Rejects when Redis is away. */
  webhookSecret: () => Promise<string>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `authenticate` on every route under `/v1`. */
    caller: Caller;
  }
}
