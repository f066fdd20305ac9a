import type { Config } from '@sluice/contracts';

/** What addresses that callers give may lead to, as `@sluice/egress` takes it: webhooks, and media that are fetched. */
export function egressPolicy({ webhooks }: Pick<Config, 'webhooks'>) {
  return {
    allowPrivateNetwork: webhooks.allow_private_network,
    allowCidrs: webhooks.allow_cidrs,
    allowPorts: webhooks.allow_ports,
  };
}
