/**
 * Redis keys of webhooks. Scripts take one key, or the stem of the lanes, whose keys share the hash tag `{webhooks}`.
 */
export function createWebhookKeys(prefix: string) {
  return {
    /** Hash: one event on its way to one receiver. */
    delivery: (id: string) => `${prefix}:delivery:{${id}}`,
    /** Sorted sets of delivery ids by creation time: of a job or batch, to an endpoint, of a tenant. */
    ofJob: (jobId: string) => `${prefix}:deliveries:{${jobId}}`,
    toEndpoint: (id: string) => `${prefix}:deliveries-to:{${id}}`,
    ofTenant: (tenant: string) => `${prefix}:deliveries-of:{${tenant}}`,
    /** Sorted set: deliveries that have not ended, or whose end was not reported, by time of the next attempt. */
    pending: `${prefix}:deliveries:pending`,
    /** Stem of the lanes' keys; the scripts append to it. */
    lanes: `${prefix}:{webhooks}`,
    /** Hash: one endpoint. */
    endpoint: (id: string) => `${prefix}:webhook-endpoint:{${id}}`,
    /** Sorted set: ids of a tenant's endpoints by creation time. */
    endpointsOf: (tenant: string) => `${prefix}:webhook-endpoints:{${tenant}}`,
    /** Hash: tenants that have endpoints -> a number that every change of one raises. */
    endpointTenants: `${prefix}:webhook-endpoint-tenants`,
    /** List of what a listener has not read, and the pub/sub channel of the same name. Named like a job's events. */
    listener: (id: string) => `${prefix}:events:{${id}}`,
  };
}

export type WebhookKeys = ReturnType<typeof createWebhookKeys>;
