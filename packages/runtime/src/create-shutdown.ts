import type { Logger } from './create-logger.ts';

export interface Shutdown {
  /** Registers something to close; the last one added is closed first. */
  add(name: string, close: () => Promise<void> | void): void;
  /** Closes everything, once; later calls wait for the same end. Rejects never: failures are logged. */
  close(): Promise<void>;
  /** Aborted when closing begins. */
  readonly signal: AbortSignal;
}

/**
 * Closes a process in order on SIGTERM or SIGINT. A second signal, or the bound running out, ends the process
 * with code 1; otherwise it ends by itself when nothing is left open.
 */
export function createShutdown({
  logger,
  timeoutMs = 30_000,
  sameRequestMs = 1_000,
  exit = (code) => process.exit(code),
}: {
  logger: Logger;
  /** For all closers together. @defaultValue 30_000 */
  timeoutMs?: number;
  /**
   * A terminal, npm and a launcher may each pass on one Ctrl-C: what follows within this time is the same request.
   * @defaultValue 1_000
   */
  sameRequestMs?: number;
  /** For tests. @defaultValue `process.exit` */
  exit?: (code: number) => void;
}): Shutdown {
  const closers: { name: string; close: () => Promise<void> | void }[] = [];
  const controller = new AbortController();
  let closing: Promise<void> | null = null;
  let requestedAt = -Infinity;

  const onSignal = (signal: NodeJS.Signals): void => {
    if (performance.now() - requestedAt < sameRequestMs) return;
    requestedAt = performance.now();
    if (closing) {
      logger.warn({ signal }, 'second signal: ending at once');
      exit(1);
      return;
    }
    logger.info({ signal }, 'closing');
    void close();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  async function closeAll(): Promise<void> {
    controller.abort();
    const timer = setTimeout(() => {
      logger.error({ timeoutMs }, 'closing took too long: ending at once');
      exit(1);
    }, timeoutMs);
    for (const { name, close } of closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        logger.error({ err: error, closer: name }, 'could not be closed');
      }
    }
    clearTimeout(timer);
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  }

  function close(): Promise<void> {
    closing ??= closeAll();
    return closing;
  }

  return {
    add: (name, close) => {
      closers.push({ name, close });
    },
    close,
    signal: controller.signal,
  };
}
