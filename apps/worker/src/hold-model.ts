import type { Backlog } from '@sluice/broker';
import type { PostponeReason } from '@sluice/limiter';

/** Limits may be raised meanwhile. */
const LONGEST_HOLD_MS = 1_000;

/**
 * Keeps a model's other tickets in the backlog while there is no permit for it: each of them would only be released
 * and go back. A heavy call that waits for its own claim keeps nobody back.
 */
export function holdModel({
  provider,
  backlog,
  onError,
}: {
  provider: string;
  backlog: Pick<Backlog, 'hold'>;
  onError: (error: unknown) => void;
}): (model: string, postponed: { readyInMs: number; reason: PostponeReason }) => void {
  return (model, { readyInMs, reason }) => {
    if (reason !== 'rate' && reason !== 'concurrency') return;
    backlog.hold(provider, { model, forMs: Math.min(readyInMs, LONGEST_HOLD_MS) }).catch(onError);
  };
}
