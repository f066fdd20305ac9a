import { once } from 'node:events';
import type { Config } from '@sluice/contracts';
import { createShutdown, type Logger, watchConfig } from '@sluice/runtime';

export interface RunningPart {
  /** Takes the configuration that was read again on SIGHUP; absent: the part has to be restarted for it. */
  reload?: (config: Config) => void;
  close(): Promise<void>;
}

/** All parts together have this long to hand back or finish what runs. */
const CLOSE_TIMEOUT_MS = 55_000;

/** Starts one part, keeps it until SIGTERM or SIGINT, and closes it; SIGHUP reads the configuration again. */
export async function runUntilSignal(logger: Logger, start: () => Promise<RunningPart>): Promise<void> {
  const shutdown = createShutdown({ logger, timeoutMs: CLOSE_TIMEOUT_MS });
  try {
    const part = await start();
    shutdown.add('part', () => part.close());
    const watch = watchConfig({ logger, onConfig: (config) => part.reload?.(config) });
    if (!shutdown.signal.aborted) await once(shutdown.signal, 'abort');
    watch.close();
    // Both: a signal that came while the part started has closed the shutdown without it.
    await shutdown.close();
    await part.close();
  } finally {
    await shutdown.close();
  }
}
