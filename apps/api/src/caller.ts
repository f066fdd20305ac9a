/** Who sent a request: one API key, or the admin key. */
export interface Caller {
  tenant: string;
  /** `key_…`, or `admin` for the admin key. */
  keyId: string;
  scopes: readonly string[];
  /** Signs the webhooks of jobs that bring no secret of their own. Rejects when Redis is away. */
  webhookSecret: () => Promise<string>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `authenticate` on every route under `/v1`. */
    caller: Caller;
  }
}
