import { isHolderGone } from './is-holder-gone.ts';
import type { PermitScripts } from './permit-scripts.ts';

/** A look costs some microseconds for each neighbour, and those who wait ask more often than this. */
const LOOK_EVERY_MS = 20;
/**
 * How long the provider may take to see the end of calls whose process is gone: their connections were closed before
 * that shows, and what is granted now is sent later, so only a difference of ways counts.
 */
const END_SEEN_MS = 100;
/** Others may have been told of by a neighbour as well, and a script may fail. */
const TELL_AGAIN_MS = 1_000;

/**
 * Looks whether holders in the place of this process still live, when it is told that leases are missing; those of one
 * that is gone lapse. A process that ended has no open connections: its calls are over, and the provider sees it a
 * moment later. Nothing runs by itself.
 */
export function createNeighbourWatch({
  scripts,
  arrivalJitterMs,
  onError,
}: {
  scripts: Pick<PermitScripts, 'lapseHolder'>;
  arrivalJitterMs: () => number;
  onError: (error: Error) => void;
}): (holders: readonly string[]) => void {
  let lookedAtMs = -Infinity;
  const toldAtMs = new Map<string, number>();

  async function tell(holder: string): Promise<void> {
    const outcome = await scripts.lapseHolder(holder, Math.min(END_SEEN_MS, arrivalJitterMs()));
    if (outcome.status === 'failed') onError(outcome.error);
  }

  return (holders) => {
    const nowMs = performance.now();
    if (nowMs - lookedAtMs < LOOK_EVERY_MS) return;
    lookedAtMs = nowMs;
    for (const holder of toldAtMs.keys()) if (!holders.includes(holder)) toldAtMs.delete(holder);
    for (const holder of holders) {
      if (nowMs - (toldAtMs.get(holder) ?? -Infinity) < TELL_AGAIN_MS || !isHolderGone(holder)) continue;
      toldAtMs.set(holder, nowMs);
      void tell(holder);
    }
  };
}
