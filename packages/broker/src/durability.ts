import type { Cluster } from 'ioredis';
import type { DurabilityMode } from '@sluice/contracts';
import { RedisUnavailableError } from './broker.ts';
import type { RedisClient } from './script.ts';

const WINDOW_MS = 2;

/**
 * Confirms that what was written before on the same connection is as safe as the mode promises. One confirmation
 * serves all callers of the last 2 ms.
 * `memory`: Redis has it. `fsync`: it is on disk; with `appendfsync always` Redis answers only then, else WAITAOF
 * (Redis 7.2 and later) is asked. `replicated`: one replica has it (WAIT).
 */
export function createDurabilityGate({
  redis,
  mode,
  syncsEveryWrite,
  timeoutMs,
}: {
  redis: RedisClient;
  mode: DurabilityMode;
  /** The server runs with `appendfsync always`. */
  syncsEveryWrite: boolean;
  timeoutMs: number;
}): { confirm(): Promise<void> } {
  const command = mode === 'replicated' ? ['WAIT', 1, timeoutMs] : ['WAITAOF', 1, 0, timeoutMs];
  const nothingToAsk = mode === 'memory' || (mode === 'fsync' && syncsEveryWrite);
  let pending: Promise<void> | null = null;

  const ask = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
    pending = null;
    const [name, ...args] = command as [string, ...number[]];
    const reply = await (redis as Exclude<RedisClient, Cluster>)
      .call(name, ...args)
      .catch((cause: unknown) => {
        // The append-only file was switched off, or the server does not know the command.
        throw new RedisUnavailableError(`Redis can't confirm writes as durable (${mode}).`, { cause });
      });
    const confirmed = Number(Array.isArray(reply) ? reply[0] : reply);
    if (confirmed < 1) {
      throw new RedisUnavailableError(
        `Redis did not confirm the write as durable (${mode}) within ${timeoutMs} ms.`,
      );
    }
  };

  return {
    confirm() {
      if (nothingToAsk) return Promise.resolve();
      pending ??= ask();
      return pending;
    },
  };
}
