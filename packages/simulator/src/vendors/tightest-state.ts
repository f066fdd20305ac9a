import type { Dimension, GateState } from '../limits/limit-gate.ts';

/** The limit of a dimension that leaves least, as vendors report it. */
export function tightestState(states: readonly GateState[], dimension: Dimension): GateState | null {
  const [tightest] = states
    .filter((state) => state.dimension === dimension)
    .sort((left, right) => left.remaining / left.limit - right.remaining / right.limit);
  return tightest ?? null;
}
