import type { LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { AddressRefusedError } from './address-refused-error.ts';
import { checkAddress } from './check-address.ts';
import type { EgressPolicy } from './egress-policy.ts';
import type { ResolveAddresses, ResolvedAddress } from './resolve-addresses.ts';

/**
 * A `lookup` for sockets that fails with {@link AddressRefusedError} when any address of the name is not allowed.
 * One bad answer among good ones refuses the name: whoever controls it can choose which one comes next.
 */
export function createGuardedLookup({
  policy,
  resolve,
}: {
  policy: EgressPolicy;
  resolve: ResolveAddresses;
}): LookupFunction {
  const resolveAllowed = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname);
    for (const { address } of addresses) refuseUnlessAllowed(hostname, address, policy);
    const [first] = addresses;
    if (!first) throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
    return { first, all: [...addresses] satisfies ResolvedAddress[] };
  });

  return (hostname, options, callback) => {
    resolveAllowed(hostname, (error, found) => {
      if (error) return callback(error, []);
      if (options.all) return callback(null, found.all);
      callback(null, found.first.address, found.first.family);
    });
  };
}

function refuseUnlessAllowed(hostname: string, address: string, policy: EgressPolicy): void {
  const verdict = checkAddress(address, policy);
  if (verdict.status === 'ok') return;
  throw new AddressRefusedError(
    `${hostname} resolves to ${address}, a ${verdict.kind} address, which may not be called.`,
  );
}
