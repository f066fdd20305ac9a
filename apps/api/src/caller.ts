import type { ApiKeyAllow, ApiKeyDefaults, ApiKeyLimits } from '@sluice/contracts';
import type { TenantHandles } from './tenant-handles.ts';

/**
 * Who sent a request: one API key, or the admin key; and the tenant's jobs, batches, files, webhooks and budgets: the
 * only way from a request to any.
 */
export interface Caller extends TenantHandles {
  /** `key_…`, or `admin` for the admin key. */
  keyId: string;
  scopes: readonly string[];
  /** What the key may take, and what its jobs may use; null: all. */
  limits: ApiKeyLimits | null;
  allow: ApiKeyAllow | null;
  /** Options of jobs that its callers need not send. */
  defaults: ApiKeyDefaults | null;
  /** Whether the key still lets in with the same scopes. Rejects when Redis is away. */
  stillHolds: () => Promise<boolean>;
  /** Signs the webhooks of jobs that bring no secret of their own. Rejects when Redis is away. */
  webhookSecret: () => Promise<string>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `authenticate` on every route under `/v1`. */
    caller: Caller;
  }
}
