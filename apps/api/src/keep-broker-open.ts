import { RedisUnavailableError } from '@sluice/broker';
import type { Config } from '@sluice/contracts';
import { openBroker, type Environment, type Logger, type Metrics, type OpenBroker } from '@sluice/runtime';

const RETRY_MS = 1_000;
const TRY_MS = 2_000;

export interface KeptBroker<Extra> {
  /** Tries to open; resolves after the first try, however it went, and goes on trying. Call it once. */
  open(options: { config: Config; environment: Environment }): Promise<void>;
  /** @throws RedisUnavailableError while Redis has not been reached yet. */
  current(): OpenBroker & Extra;
  isOpen(): boolean;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the broker, and goes on trying while Redis is away: the API starts without Redis and answers 503 until it
 * is there. Once open, the broker's connections mend themselves.
 */
export function keepBrokerOpen<Extra extends object>({
  logger,
  metrics,
  onOpen,
}: {
  logger: Logger;
  metrics: Metrics;
  /** Makes what else stands on the broker's connections. */
  onOpen: (broker: OpenBroker) => Extra;
}): KeptBroker<Extra> {
  let opened: (OpenBroker & Extra) | null = null;
  let timer: NodeJS.Timeout | null = null;
  let trying: Promise<void> | null = null;
  let closed = false;

  async function tryOpen(options: { config: Config; environment: Environment }): Promise<void> {
    try {
      const broker = await openBroker({ ...options, logger, metrics, redisTimeoutMs: TRY_MS });
      opened = { ...broker, ...onOpen(broker) };
    } catch (error) {
      logger.error({ reason: (error as Error).message }, 'requests get 503 until Redis answers');
      if (closed) return;
      timer = setTimeout(() => {
        trying = tryOpen(options);
      }, RETRY_MS);
    }
  }

  return {
    open(options) {
      trying = tryOpen(options);
      return trying;
    },
    current() {
      if (!opened) throw new RedisUnavailableError('Redis has not been reached yet.');
      return opened;
    },
    isOpen: () => opened !== null,
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await trying;
      await opened?.close();
    },
  };
}
