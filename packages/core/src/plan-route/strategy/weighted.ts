import { hashUnit } from '../hash-unit.ts';
import { byNumber, type Block, type OrderBlocks } from './block.ts';

/** The golden ratio's fraction: its multiples fill [0, 1) more evenly than random numbers would. */
const GOLDEN = 0.618_033_988_749_894_9;
/** Errors weigh more than in proportion: at 10 % the weight is 73 %, at half it is 13 %. */
const ERROR_POWER = 3;
/** A target that only fails still gets this part, so that it is seen to recover; its breaker is what stops it. */
const LEAST_SHARE = 0.02;

/**
 * By weights that fall with the observed error rate, and recover with it. Who comes first follows an even sequence, so
 * that shares are right for few jobs too; the rest comes at random by weight.
 */
export const weighted: OrderBlocks = (blocks, { turn, seed }) => {
  if (blocks.length < 2) return blocks;
  const total = blocks.reduce((sum, block) => sum + effectiveWeight(block), 0);
  let left = ((turn * GOLDEN) % 1) * total;
  const first = blocks.find((block) => (left -= effectiveWeight(block)) < 0) ?? (blocks.at(-1) as Block);
  const rest = byNumber(
    blocks.filter((block) => block !== first),
    // Exponential clocks: the order in which they ring is a draw by weight without putting back.
    (block) => -Math.log(1 - hashUnit(`${block.targets[0].target} ${seed}`)) / effectiveWeight(block),
  );
  return [first, ...rest];
};

/** A block's weight after what its first target has lately done. */
export function effectiveWeight({ targets: [head], weight }: Block): number {
  return weight * Math.max(LEAST_SHARE, (1 - (head.errorRate ?? 0)) ** ERROR_POWER);
}
