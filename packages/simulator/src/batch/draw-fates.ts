import type { BatchBehaviour } from '../config/batch-behaviour.ts';
import type { LineFate } from './answer-line.ts';

export interface DrawnLine {
  /** `never`: it is not reached before the window ends. */
  fate: LineFate | 'never';
  result: 'once' | 'twice' | 'missing';
}

/** Draws what happens to the lines of one batch, in their order. */
export function drawFates(
  total: number,
  { behaviour, random }: { behaviour: BatchBehaviour; random: () => number },
): DrawnLine[] {
  const { expired_share, failed_share, refused_share, missing_share, doubled_share } = behaviour;
  return Array.from({ length: total }, (): DrawnLine => {
    const fate = pick(random(), [
      ['never', expired_share],
      ['fail', failed_share],
      ['decline', refused_share],
    ] as const);
    const result = pick(random(), [
      ['missing', missing_share],
      ['twice', doubled_share],
    ] as const);
    return { fate: fate ?? 'run', result: result ?? 'once' };
  });
}

/** One draw is shared by all: shares of a half and a quarter hit a half and a quarter, never the same line. */
function pick<Name extends string>(draw: number, shares: readonly (readonly [Name, number])[]): Name | null {
  let reached = 0;
  for (const [name, share] of shares) {
    reached += share;
    if (draw < reached) return name;
  }
  return null;
}
