import type { IncomingMessage } from 'node:http';

/** Whether an error is that of a request whose caller went away before all of it was there. */
export function isBrokenOff(error: unknown, { destroyed, complete }: IncomingMessage): boolean {
  return error instanceof Error && error.message === 'aborted' && destroyed && !complete;
}
