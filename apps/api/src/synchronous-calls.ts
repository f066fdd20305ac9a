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
  /**
   * Takes no more calls; resolves when all have ended. Those that have not after `graceMs` are cut off, and have a
   * little longer to tell their callers and cancel their jobs.
   */
  close(graceMs: number): Promise<void>;
}

/** Of two writes: one to the caller, one to Redis, which has a timeout of its own. */
const CUT_OFF_MS = 3_000;

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
      if (open.size === 0) return;
      const { promise: cutOff, resolve: onCutOff } = Promise.withResolvers<void>();
      onNone = onCutOff;
      const cutOffTimer = setTimeout(onCutOff, CUT_OFF_MS);
      controller.abort(shuttingDown());
      await cutOff;
      clearTimeout(cutOffTimer);
    },
  };
}

/** OpenAI's clients send the request again, and reach another process or this one's successor. */
function shuttingDown(): ApiError {
  return new ApiError('shutting_down', 'This server is shutting down.', {
    headers: { 'retry-after': '1', 'retry-after-ms': '1000', 'x-should-retry': 'true' },
  });
}
