import type { Readable } from 'node:stream';

/** Ends an answer unread, its connection included. An answer that is ended early fails; nobody is left to hear it. */
export function discardBody(body: Readable): void {
  body.on('error', () => undefined);
  body.destroy();
}
