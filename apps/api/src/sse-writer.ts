import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** Writes to an event stream; false when its reader is gone. */
export type SseWrite = (text: string) => Promise<boolean>;

/** A reader that makes no room for `drainTimeoutMs` is dropped. */
export function createSseWriter({
  response,
  signal,
  drainTimeoutMs,
}: {
  response: ServerResponse;
  /** Aborted when the reader is gone or the server closes. */
  signal: AbortSignal;
  drainTimeoutMs: number;
}): SseWrite {
  return async (text) => {
    if (signal.aborted || response.destroyed) return false;
    if (response.write(text)) return true;
    try {
      await once(response, 'drain', {
        signal: AbortSignal.any([signal, AbortSignal.timeout(drainTimeoutMs)]),
      });
      return true;
    } catch {
      response.destroy();
      return false;
    }
  };
}
