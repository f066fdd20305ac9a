import { createEgressClient, type EgressClient, type EgressClientOptions } from './create-egress-client.ts';

type Rules = Pick<EgressClientOptions, 'allowPrivateNetwork' | 'allowCidrs' | 'allowPorts' | 'proxy'>;

interface Version {
  /** The rules as text, to compare. */
  rules: string;
  client: EgressClient;
  calls: number;
}

/**
 * An egress client whose rules may change: they are looked at before each call. Once they have, no call uses a
 * connection that was made under others; what is under way then comes to its end.
 */
export function createLiveEgressClient(rules: () => Rules): EgressClient {
  const versions = new Set<Version>();
  const open = (inForce: Rules): Version => {
    const version = { rules: textOf(inForce), client: createEgressClient(inForce), calls: 0 };
    versions.add(version);
    return version;
  };
  let current = open(rules());

  const drop = async (version: Version): Promise<void> => {
    versions.delete(version);
    await version.client.close();
  };

  const version = async (): Promise<Version> => {
    const inForce = rules();
    if (textOf(inForce) === current.rules) return current;
    const before = current;
    current = open(inForce);
    if (before.calls === 0) await drop(before);
    return current;
  };

  async function call<Outcome>(send: (client: EgressClient) => Promise<Outcome>): Promise<Outcome> {
    const used = await version();
    used.calls += 1;
    try {
      return await send(used.client);
    } finally {
      used.calls -= 1;
      if (used !== current && used.calls === 0) await drop(used);
    }
  }

  return {
    post: (url, request) => call((client) => client.post(url, request)),
    get: (url, request) => call((client) => client.get(url, request)),
    async close() {
      await Promise.all(Array.from(versions, ({ client }) => client.close()));
    },
  };
}

function textOf({ allowPrivateNetwork, allowCidrs, allowPorts, proxy }: Rules): string {
  return JSON.stringify([allowPrivateNetwork, allowCidrs, allowPorts, proxy]);
}
