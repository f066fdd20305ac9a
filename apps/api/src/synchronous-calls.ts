import { ApiError } from '@sluice/contracts';

/** Callers who wait for an answer that only this process can give them: when it closes, they are given time. */
export interface SynchronousCalls {
  /**
   * Counts a call in; the function counts it out, and calling it twice is harmless.
   * @throws ApiError `shutting_down` once the server closes.
   */
  begin(): () => void;
  /** Aborted with an `ApiError` when the time is over. */
  readonly cutOff: AbortSignal;
  /** Takes no more calls; resolves when all have ended, at the latest after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

export function createSynchronousCalls(): SynchronousCalls {
  const open = new Set<symbol>();
  const controller = new AbortController();
  let onNone: (() => void) | null = null;
  return {
    begin() {
      if (onNone) throw shuttingDown();
      const call = Symbol('call');
      open.add(call);
      return () => {
        open.delete(call);
        if (open.size === 0) onNone?.();
      };
    },
    cutOff: controller.signal,
    async close(graceMs) {
      const { promise: none, resolve } = Promise.withResolvers<void>();
      onNone = resolve;
      if (open.size === 0) return;
      const timer = setTimeout(resolve, graceMs);
      await none;
      clearTimeout(timer);
      if (open.size > 0) controller.abort(shuttingDown());
    },
  };
}

/** OpenAI's clients send the request again, and reach another process or this one's successor. */
function shuttingDown(): ApiError {
  return new ApiError('shutting_down', 'This server is shutting down.', {
    headers: { 'retry-after': '1', 'retry-after-ms': '1000', 'x-should-retry': 'true' },
  });
}
