import type { Candidate } from '../candidate.ts';
import type { Standing } from '../standing.ts';

export type Ranked = Candidate & { standing: Standing };

/** What a strategy puts into order: a target, or a nested route as the sequence that it has become. */
export interface Block {
  /** Not empty; the first is what the block is judged by. */
  targets: readonly [Ranked, ...Ranked[]];
  weight: number;
}

export interface StrategyContext {
  /** How often this route has been planned by this process, from a number drawn at its start. */
  turn: number;
  /** The job's id: makes choices differ between jobs and stay the same for one. */
  seed: string;
  fastestBy: 'first_token' | 'total';
  /** Jobs that this process has sent to a target since the world was looked at. */
  plannedSince: (target: string) => number;
  /** How long a job takes a target's turn, in milliseconds; 0 when unknown. */
  paceMs: (target: string) => number;
}

/** Puts blocks of equal standing into order. Pure; at equal merit the configured order stays. */
export type OrderBlocks = (blocks: readonly Block[], context: StrategyContext) => readonly Block[];

/** By a number, the smallest first; the sort is stable. */
export function byNumber(blocks: readonly Block[], numberOf: (block: Block) => number): readonly Block[] {
  return blocks
    .map((block) => ({ block, number: numberOf(block) }))
    .sort((left, right) => (left.number === right.number ? 0 : left.number - right.number))
    .map(({ block }) => block);
}
