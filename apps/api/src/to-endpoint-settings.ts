import type { WebhookEndpointChanges } from '@sluice/contracts';
import type { EndpointSettings } from '@sluice/webhooks';

/** The fields that a caller sent, in the form in which they are stored. */
export function toEndpointSettings({
  rate_limit_per_second: ratePerSecond,
  coalesce_batches: coalesceBatches,
  ...same
}: Omit<WebhookEndpointChanges, 'disabled'>): Partial<EndpointSettings> {
  const settings = { ...same, ratePerSecond, coalesceBatches };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
