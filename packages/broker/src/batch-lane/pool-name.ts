/** Jobs that may run in no other lane: their batches are never taken back to run live. */
const ONLY = ' only';

export interface Pool {
  model: string;
  /** For jobs whose caller allows no other lane. */
  isOnly: boolean;
}

/** Jobs of one pool share batches: those of one model, and of one fate when time runs out. */
export function poolName({ model, isOnly }: Pool): string {
  return isOnly ? `${model}${ONLY}` : model;
}

export function parsePoolName(name: string): Pool {
  return name.endsWith(ONLY)
    ? { model: name.slice(0, -ONLY.length), isOnly: true }
    : { model: name, isOnly: false };
}
