import type { Readable } from 'node:stream';

/**
 * Reads what still comes of a body that nobody wants any more: its sender, who may look at the answer only after having
 * sent everything, gets it, and the connection can take the next request. The server bounds how long a request may take
 * to arrive.
 */
export function dropRest(body: Readable): void {
  body.unpipe();
  body.resume();
}
