import { setImmediate } from 'node:timers/promises';

const SLICE_MS = 8;

/**
 * To be awaited between the items of long work: lets everybody else run when this has run for 8 ms. Costs nothing
 * otherwise.
 */
export function createYielder(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
