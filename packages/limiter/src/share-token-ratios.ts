import { FIRST_TOKEN_RATIO, type TokenLearner } from '@sluice/core';
import type { Redis } from 'ioredis';
import { loadScript } from './load-script.ts';
import { runScript } from './run-script.ts';

const script = loadScript('learn-ratios');
const EVERY_MS = 3_000;
const TIMEOUT_MS = 2_000;
/** Targets of one script, so that none blocks Redis for long. */
const TARGETS_AT_ONCE = 500;

export interface TokenRatioShareOptions {
  /** Borrowed; as for a limiter. */
  redis: Redis;
  prefix: string;
  learner: TokenLearner;
  onError: (error: Error) => void;
  /** @defaultValue 3000 */
  everyMs?: number;
}

/**
 * Shares what processes learn about bytes per token: every few seconds it sends what was observed here and takes over
 * what all have learned of the targets in use. Sends nothing while no target is used. What could not be sent is lost.
 */
export function shareTokenRatios({
  redis,
  prefix,
  learner,
  onError,
  everyMs = EVERY_MS,
}: TokenRatioShareOptions): {
  /** Sends what is left. Idempotent. */
  close(): Promise<void>;
} {
  let syncing: Promise<void> = Promise.resolve();
  let closing: Promise<void> | null = null;

  async function sync(): Promise<void> {
    const news = Array.from(learner.takeNews());
    for (let from = 0; from < news.length; from += TARGETS_AT_ONCE) {
      const some = news.slice(from, from + TARGETS_AT_ONCE);
      const args = some.flatMap(([target, { count, sum, sumOfSquares }]) => [
        target,
        count,
        sum,
        sumOfSquares,
      ]);
      const outcome = await runScript({
        redis,
        timeoutMs: TIMEOUT_MS,
        script,
        keys: [`${prefix}:limit:ratios`],
        args: [FIRST_TOKEN_RATIO.mean, FIRST_TOKEN_RATIO.variance, ...args],
      });
      if (outcome.status === 'failed') return onError(outcome.error);
      const replies = outcome.reply as string[];
      for (let index = 0; index + 1 < replies.length; index += 2) {
        const [mean, variance] = (replies[index + 1] ?? '').split(' ').map(Number);
        if (mean && variance !== undefined) learner.adopt(replies[index] ?? '', { mean, variance });
      }
    }
  }

  const timer = setInterval(() => {
    syncing = syncing.then(sync);
  }, everyMs);
  return {
    close() {
      clearInterval(timer);
      closing ??= syncing.then(sync);
      return closing;
    },
  };
}
