import type { Strategy } from '@sluice/contracts';
import type { OrderBlocks } from './block.ts';
import { cheapest } from './cheapest.ts';
import { fastest } from './fastest.ts';
import { leastWait } from './least-wait.ts';
import { roundRobin } from './round-robin.ts';
import { weighted } from './weighted.ts';

/** Every strategy. A new one is a name in the contracts, a file beside this one, and a line here. */
export const strategies: Readonly<Record<Strategy, OrderBlocks>> = {
  ordered: (blocks) => blocks,
  cheapest,
  fastest,
  weighted,
  round_robin: roundRobin,
  least_wait: leastWait,
};

/** Strategies whose choice moves on with every plan. */
export const TURNING_STRATEGIES: ReadonlySet<Strategy> = new Set(['weighted', 'round_robin']);
