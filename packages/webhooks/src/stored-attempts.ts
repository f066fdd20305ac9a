import type { Vault } from '@sluice/vault';
import type { DeliveryAttempt } from './delivery.ts';

/** Attempts as the members of a JSON list. What receivers answered is sealed: some repeat what they were sent. */
export function encodeAttempts(attempts: readonly DeliveryAttempt[], id: string, vault: Vault): string {
  const sealed = attempts.map((attempt) =>
    attempt.response ? { ...attempt, response: vault.seal(attempt.response, placeOf(id, attempt)) } : attempt,
  );
  return JSON.stringify(sealed).slice(1, -1);
}

export function decodeAttempts(members: string, id: string, vault: Vault): DeliveryAttempt[] {
  const stored = JSON.parse(`[${members}]`) as DeliveryAttempt[];
  return stored.map((attempt) =>
    attempt.response ? { ...attempt, response: vault.open(attempt.response, placeOf(id, attempt)) } : attempt,
  );
}

function placeOf(id: string, { n }: DeliveryAttempt): string {
  return `webhook_delivery/${id}/response/${n}`;
}
