export interface Waiter {
  /** Ends the present or the next `wait`. */
  wake: () => void;
  /** Forgets wake-ups so far; call it before reading, so that one during the read is kept. */
  reset(): void;
  /** Until woken, aborted, or the time is over. True when woken. */
  wait(timeoutMs: number): Promise<boolean>;
  /** Until the time is over or aborted; wake-ups meanwhile are kept for `wait`. */
  pause(timeoutMs: number): Promise<void>;
  /** Stops listening to the signal. */
  close(): void;
}

/** Waits for wake-ups that may come before, while or after one waits. One waiter at a time. */
export function createWaiter(signal: AbortSignal): Waiter {
  let woken = false;
  let onWake: (() => void) | null = null;
  let onAbort: (() => void) | null = null;
  const abort = (): void => {
    onWake?.();
    onAbort?.();
  };
  signal.addEventListener('abort', abort);

  function sleep(timeoutMs: number, listen: (done: (() => void) | null) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.max(0, timeoutMs));
      listen(done);
      function done(): void {
        clearTimeout(timer);
        listen(null);
        resolve();
      }
    });
  }

  return {
    wake: () => {
      woken = true;
      onWake?.();
    },
    reset: () => {
      woken = false;
    },
    async wait(timeoutMs) {
      if (!woken && !signal.aborted) {
        await sleep(timeoutMs, (done) => {
          onWake = done;
        });
      }
      return woken;
    },
    async pause(timeoutMs) {
      if (signal.aborted) return;
      await sleep(timeoutMs, (done) => {
        onAbort = done;
      });
    },
    close: () => signal.removeEventListener('abort', abort),
  };
}
