import type { ProcessIdentity } from './process-identity.ts';

/** The name under which a process holds leases. */
export function holderName(worker: string | undefined, identity: ProcessIdentity | null): string {
  const name = encodeURIComponent(worker ?? '-') || '-';
  return identity === null ? name : `${name}@${identity.place}:${identity.process}`;
}
