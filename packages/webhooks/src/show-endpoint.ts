import type { ShownWebhookEndpoint } from '@sluice/contracts';
import { publicKeyOf } from './public-key-of.ts';
import type { EndpointSecret, WebhookEndpoint } from './webhook-endpoint.ts';

/** Names of headers whose values are not shown again. */
const SECRET_HEADER = /auth|token|secret|key|cookie|signature|password/i;

/** An endpoint as the API and its own events show it: without secrets. */
export function showEndpoint(
  endpoint: WebhookEndpoint & { secrets: readonly EndpointSecret[] },
  { usualConcurrency }: { usualConcurrency: number },
): ShownWebhookEndpoint {
  const { secrets } = endpoint;
  const previous = secrets.slice(1).flatMap(({ untilMs }) => (untilMs === null ? [] : [untilMs]));
  return {
    id: endpoint.id,
    object: 'webhook_endpoint',
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.events],
    headers: Object.fromEntries(
      Object.entries(endpoint.headers).map(([name, value]) => [
        name,
        SECRET_HEADER.test(name) ? '***' : value,
      ]),
    ),
    rate_limit_per_second: endpoint.ratePerSecond,
    concurrency: endpoint.concurrency ?? usualConcurrency,
    signature: endpoint.signature,
    public_key: publicKeyOf(secrets[0]?.secret ?? ''),
    previous_secret_until: previous.length > 0 ? isoTime(Math.max(...previous)) : null,
    thin: endpoint.thin,
    coalesce_batches: endpoint.coalesceBatches,
    status: endpoint.disabled ? 'disabled' : 'enabled',
    disabled_reason: endpoint.disabled?.reason ?? null,
    disabled_at: endpoint.disabled ? isoTime(endpoint.disabled.atMs) : null,
    failing_since: endpoint.failingSinceMs === null ? null : isoTime(endpoint.failingSinceMs),
    created_at: isoTime(endpoint.createdAtMs),
    updated_at: isoTime(endpoint.updatedAtMs),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
