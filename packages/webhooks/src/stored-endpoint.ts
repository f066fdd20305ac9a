import type { EndpointDisabledReason } from '@sluice/contracts';
import type { Vault } from '@sluice/vault';
import { z } from 'zod';
import type { EndpointSecret, EndpointWithSecrets } from './webhook-endpoint.ts';

/** Lenient towards fields of later releases. */
const recordSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  tenant: z.string(),
  kind: z.enum(['receiver', 'listener']),
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  ratePerSecond: z.number().nullable(),
  concurrency: z.number().nullable(),
  signature: z.enum(['v1', 'v1a']),
  thin: z.boolean(),
  coalesceBatches: z.boolean(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
});

const sealedSchema = z.object({
  secrets: z.array(z.object({ secret: z.string(), untilMs: z.number().nullable() })),
  headers: z.record(z.string(), z.string()),
});

/** An endpoint as the fields of its hash; its state has fields of its own, which the scripts write. */
export function encodeEndpoint(endpoint: EndpointWithSecrets, vault: Vault): Record<string, string> {
  const { secrets, headers, disabled: _disabled, failingSinceMs: _failing, ...record } = endpoint;
  return {
    record: JSON.stringify({ v: 1, ...record }),
    sealed: vault.seal(JSON.stringify({ secrets, headers }), placeOf(endpoint.id)),
  };
}

/** Null when there is none. @throws VaultError when its secrets can't be opened here */
export function decodeEndpoint(
  fields: Readonly<Record<string, string>>,
  vault: Vault,
  nowMs: number,
): EndpointWithSecrets | null {
  if (!fields['record']) return null;
  const { v: _version, ...record } = recordSchema.parse(JSON.parse(fields['record']));
  const sealed = sealedSchema.parse(JSON.parse(vault.open(fields['sealed'] ?? '{}', placeOf(record.id))));
  return {
    ...record,
    headers: sealed.headers,
    secrets: sealed.secrets.filter((secret) => isInForce(secret, nowMs)),
    disabled: fields['disabled']
      ? { reason: fields['disabled'] as EndpointDisabledReason, atMs: Number(fields['disabled_at']) }
      : null,
    failingSinceMs: fields['failing_since'] ? Number(fields['failing_since']) : null,
  };
}

function isInForce({ untilMs }: EndpointSecret, nowMs: number): boolean {
  return untilMs === null || nowMs < untilMs;
}

function placeOf(id: string): string {
  return `webhook_endpoint/${id}/sealed`;
}
