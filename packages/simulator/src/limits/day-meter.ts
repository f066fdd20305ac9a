import type { RateMeter } from './rate-meter.ts';

const DAY_MS = 86_400_000;

/**
 * One limit per UTC day. Unlike the others it goes by the clock on the wall, as vendors do; a call larger than the
 * limit counts as all of it.
 */
export function createDayMeter(
  perDay: number,
  wallNowMs: () => number = Date.now,
): Pick<RateMeter, 'arrive' | 'admit' | 'state'> {
  let day = -1;
  let admitted = 0;
  let peak = 0;

  function turn(): number {
    const nowMs = wallNowMs();
    const today = Math.floor(nowMs / DAY_MS);
    if (today !== day) [day, admitted] = [today, 0];
    return (today + 1) * DAY_MS - nowMs;
  }

  return {
    arrive(_, amount) {
      const retryAfterMs = turn();
      const observed = admitted + Math.min(amount, perDay);
      peak = Math.max(peak, observed);
      if (observed <= perDay) return [];
      return [{ rule: 'day', limit: perDay, observed, stated: perDay, refuses: true, retryAfterMs }];
    },
    admit(_, amount) {
      turn();
      admitted += Math.min(amount, perDay);
    },
    state() {
      const resetMs = turn();
      return { limit: perDay, remaining: Math.max(0, perDay - admitted), resetMs, peak60s: peak };
    },
  };
}
