import { lookup } from 'node:dns/promises';

export interface ResolvedAddress {
  address: string;
  family: number;
}

/** All addresses of a name; rejects with Node's DNS errors (`ENOTFOUND`, `EAI_AGAIN`). */
export type ResolveAddresses = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver, `/etc/hosts` included. */
export const resolveAddresses: ResolveAddresses = (hostname) => lookup(hostname, { all: true });
