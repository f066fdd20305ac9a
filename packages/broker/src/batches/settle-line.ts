import type { JobStatus } from '@sluice/contracts';
import type { Keys } from '../keys.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';
import type { BatchLineEntry } from './batch-line-entry.ts';

const script = readScript('batch-settle');

export type SettledLine = Pick<BatchLineEntry, 'line' | 'tokens' | 'cost_usd'> & { status: JobStatus };

export type SettleLine = (entry: BatchLineEntry, status: JobStatus) => Promise<void>;

/** The keys of a batch's slot, in the order in which its scripts take them. */
export function batchKeys(keys: Keys, id: string): string[] {
  return [keys.batch(id), keys.events(id), keys.outbox(id), keys.batchEnded(id), keys.batchUnanswered(id)];
}

/**
 * Counts ended lines in their batch; one that was counted before changes nothing. When all lines have ended the
 * batch is due at once. False when the batch is gone.
 */
export async function settleLines(
  { redis, keys }: { redis: RedisClient; keys: Keys },
  batchId: string,
  lines: readonly SettledLine[],
): Promise<boolean> {
  const args = lines.flatMap(({ line, status, tokens, cost_usd }) => [line, status, ...tokens, cost_usd]);
  const reply = await runScript(redis, script, batchKeys(keys, batchId), args);
  if (reply === 'all_ended') await redis.zadd(keys.activeBatches, 'XX', 0, batchId);
  return reply !== 'gone';
}

/** What the outbox of jobs does with the entry of a batch's line. */
export function createSettleLine(deps: { redis: RedisClient; keys: Keys }): SettleLine {
  return async ({ batch, line, tokens, cost_usd }, status) => {
    await settleLines(deps, batch, [{ line, status, tokens, cost_usd }]);
  };
}
