import type { RequestListener } from 'node:http';
import { createControl } from '../control/create-control.ts';
import type { SimulatorControl } from '../control/simulator-control.ts';
import type { FaultRule } from '../config/fault-rule.ts';
import { simulatorConfigSchema, type SimulatorConfigInput } from '../config/simulator-config.ts';
import { buildServer } from './build-server.ts';
import { openDedicatedPort, type DedicatedPort } from './dedicated-port.ts';
import { createSimulatorState, type SimulatedAccount } from './simulator-state.ts';

export interface SimulatorOptions {
  /** Default: a free port. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  config?: SimulatorConfigInput;
}

export interface Simulator {
  /** Base URL of the shared port, without a slash at the end. */
  readonly url: string;
  /** Base URL of an account, as that vendor's SDK takes it (with `/v1` for OpenAI and what is compatible). */
  urlFor(account: string): string;
  readonly control: SimulatorControl;
  /** Ends all calls and closes all ports. Idempotent. */
  close(): Promise<void>;
}

function isShut(account: string, rules: readonly FaultRule[]): boolean {
  return rules.some(
    (rule) =>
      rule.kind === 'connection_refused' &&
      rule.api === 'chat' &&
      (rule.account === '*' || rule.account === account) &&
      rule.probability === 1 &&
      rule.from_call === 1 &&
      rule.times === undefined &&
      rule.model === undefined,
  );
}

function addressUrl(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

/** Starts simulated providers on loopback. Rejects with a `ZodError` for a bad configuration. */
export async function startSimulator({
  port = 0,
  host = '127.0.0.1',
  config = {},
}: SimulatorOptions = {}): Promise<Simulator> {
  const state = createSimulatorState(simulatorConfigSchema.parse(config));
  const dedicated = new Map<string, DedicatedPort>();
  let closing: Promise<void> | null = null;

  async function applyFaults(): Promise<void> {
    if (closing) return;
    const rules = state.faults.rules();
    for (const [name, account] of dedicated) await account.setOpen(!isShut(name, rules));
  }

  const control = createControl(state, applyFaults);
  const app = buildServer(state, control);

  function listenerOf({ name }: SimulatedAccount): RequestListener {
    return (request, response) => {
      state.dedicated.add(request);
      request.url = `/${name}${request.url ?? '/'}`;
      app.routing(request, response);
    };
  }

  async function close(): Promise<void> {
    for (const account of dedicated.values()) await account.setOpen(false);
    await app.close();
    await state.close();
  }

  await app.listen({ port, host });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the simulator has no TCP address');
  const url = addressUrl(host, address.port);
  for (const account of state.accounts.values()) {
    if (account.config.dedicated_port) {
      dedicated.set(account.name, await openDedicatedPort(host, listenerOf(account)));
    }
  }
  await applyFaults();

  return {
    url,
    urlFor(name) {
      const account = state.accounts.get(name);
      if (!account) throw new RangeError(`There is no simulated account "${name}".`);
      const own = dedicated.get(name);
      const base = own ? addressUrl(host, own.port) : `${url}/${name}`;
      return account.vendor === 'openai' || account.vendor === 'openai-compatible' ? `${base}/v1` : base;
    },
    control,
    close: () => (closing ??= close()),
  };
}
