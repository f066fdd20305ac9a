import type { Environment } from '@sluice/runtime';
import { freePort } from './free-port.ts';

/** The environment with another port for the API (0: a free one), and a public address that agrees with it. */
export async function withPort(environment: Environment, port: number): Promise<Environment> {
  const chosen = port === 0 ? await freePort() : port;
  const defaultUrl = new RegExp(`:${environment.port}$`);
  return {
    ...environment,
    port: chosen,
    // A public address that was set on purpose has no reason to end with the port.
    publicBaseUrl: environment.publicBaseUrl.replace(defaultUrl, `:${chosen}`),
  };
}
