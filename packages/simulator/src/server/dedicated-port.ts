import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port of one account, which can be closed and opened again while the simulator runs. */
export interface DedicatedPort {
  readonly port: number;
  /** Open: listens. Closed: connecting fails with ECONNREFUSED, and open connections are cut. */
  setOpen(open: boolean): Promise<void>;
}

/** Opens a free port on `host`; later openings take the same one. Owned by the caller: `setOpen(false)` closes it. */
export async function openDedicatedPort(host: string, listener: RequestListener): Promise<DedicatedPort> {
  let server: Server | null = null;
  let port = 0;

  async function open(): Promise<void> {
    const opening = createServer(listener);
    opening.listen({ port, host });
    await once(opening, 'listening');
    port = (opening.address() as AddressInfo).port;
    server = opening;
  }

  async function close(closing: Server): Promise<void> {
    server = null;
    const closed = once(closing, 'close');
    closing.close();
    closing.closeAllConnections();
    await closed;
  }

  await open();
  return {
    get port() {
      return port;
    },
    async setOpen(wanted) {
      if (wanted && !server) await open();
      else if (!wanted && server) await close(server);
    },
  };
}
