import { isIP } from 'node:net';
import { buildConnector } from 'undici';
import { AddressRefusedError } from './address-refused-error.ts';
import { checkAddress } from './check-address.ts';
import { createGuardedLookup } from './create-guarded-lookup.ts';
import type { EgressPolicy } from './egress-policy.ts';
import type { ResolveAddresses } from './resolve-addresses.ts';

/**
 * An undici connector that checks three times: an IP literal before connecting (sockets skip `lookup` for those),
 * every address of a name in `lookup`, and the address of the connected socket before a byte of the request is sent.
 */
export function createGuardedConnect({
  policy,
  resolve,
  connectTimeoutMs,
}: {
  policy: EgressPolicy;
  resolve: ResolveAddresses;
  connectTimeoutMs: number;
}): buildConnector.connector {
  const connect = buildConnector({
    lookup: createGuardedLookup({ policy, resolve }),
    timeout: connectTimeoutMs,
    allowH2: false,
  });

  return (options, callback) => {
    const refused = isIP(options.hostname) === 0 ? null : refusalOf(options.hostname, policy);
    if (refused) return callback(refused, null);
    connect(options, (error, socket) => {
      if (error) return callback(error, null);
      const refused = refusalOf(socket.remoteAddress ?? '', policy);
      if (!refused) return callback(null, socket);
      socket.destroy();
      callback(refused, null);
    });
  };
}

function refusalOf(address: string, policy: EgressPolicy): AddressRefusedError | null {
  const verdict = checkAddress(address, policy);
  if (verdict.status === 'ok') return null;
  return new AddressRefusedError(`${address} is a ${verdict.kind} address, which may not be called.`);
}
