import { isLimited, type LimitBook } from './limit-book.ts';
import type { PauseBoard } from './pause-board.ts';
import type { LeaseName, PermitScripts } from './permit-scripts.ts';
import type { ProviderHint } from './provider-limiter.ts';
import { keyOfToken } from './scope-names.ts';

export interface HintSenderDeps {
  scripts: PermitScripts;
  book: () => LimitBook;
  pauses: PauseBoard;
  defaultPauseMs: number;
  onError: (error: Error) => void;
  /** Awaits what was sent before the limiter closes. Never rejects. */
  track: (sent: Promise<unknown>) => void;
}

/**
 * Tells all processes what a provider's answer says about its limits. What can't lower any bucket is not sent: one
 * that says it has at least what ours can hold.
 */
export function createHintSender(
  deps: HintSenderDeps,
): (lease: LeaseName, hint: ProviderHint & { ageMs: number }) => void {
  const { scripts, pauses } = deps;
  return (lease, { limited, retryAfterMs, remaining, ageMs }) => {
    const low = lowOnes(remaining, deps.book(), lease);
    if (!limited && Object.keys(low).length === 0) return;
    const pauseMs = limited ? (retryAfterMs ?? deps.defaultPauseMs * (0.5 + Math.random())) : null;
    if (pauseMs !== null) pauses.add(lease.key, pauseMs);
    deps.track(send(lease, { ageMs, pauseMs, remaining: low }));
  };

  async function send(
    lease: LeaseName,
    told: { ageMs: number; pauseMs: number | null; remaining: Record<string, number> },
  ): Promise<void> {
    const ofKeyAlone = deps.book().accounts.has(keyOfToken(lease.key) ?? '');
    const outcome = await scripts.learn(lease, { ...told, ofKeyAlone });
    if (outcome.status === 'failed') deps.onError(outcome.error);
    else if (told.pauseMs !== null) pauses.add(lease.key, outcome.pausedMs);
  }
}

function lowOnes(
  remaining: ProviderHint['remaining'],
  book: LimitBook,
  { model, key }: LeaseName,
): Record<string, number> {
  const low: Record<string, number> = {};
  const keyName = keyOfToken(key) ?? '';
  if (!isLimited(book, model, [keyName])) return low;
  const plans = [book.models.get(model), book.keys.get(keyName), book.provider];
  for (const [dimension, left] of Object.entries(remaining)) {
    const capacity = plans
      .flatMap((plan) => plan?.rates ?? [])
      .find((rate) => rate.dimension === dimension)?.capacity;
    if (capacity !== undefined && left < capacity) low[dimension] = left;
  }
  return low;
}
