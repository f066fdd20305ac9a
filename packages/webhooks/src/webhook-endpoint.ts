import type { EndpointDisabledReason } from '@sluice/contracts';

export interface EndpointSecret {
  /** `whsec_…` or `whsk_…` */
  secret: string;
  /** Until when it signs; null: until it is rotated. */
  untilMs: number | null;
}

/** What a caller may set of an endpoint. */
export interface EndpointSettings {
  url: string;
  description: string;
  events: readonly string[];
  headers: Readonly<Record<string, string>>;
  ratePerSecond: number | null;
  /** Null: as the configuration says. */
  concurrency: number | null;
  thin: boolean;
  coalesceBatches: boolean;
}

/** Where a tenant's events go: a receiver, or for a while somebody who listens (`listener`). */
export interface WebhookEndpoint extends EndpointSettings {
  /** `we_…` */
  id: string;
  tenant: string;
  kind: 'receiver' | 'listener';
  signature: 'v1' | 'v1a';
  createdAtMs: number;
  updatedAtMs: number;
  /** Null while it is enabled. */
  disabled: { reason: EndpointDisabledReason; atMs: number } | null;
  /** Time of the first failure since something arrived. */
  failingSinceMs: number | null;
}

/** With what signs and accompanies deliveries: stored sealed. */
export type EndpointWithSecrets = WebhookEndpoint & {
  /** The newest first; those that are past their time left out. */
  secrets: readonly EndpointSecret[];
};
