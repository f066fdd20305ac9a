import type { OrderBlocks } from './block.ts';

/** Each target in its turn, the others after it in their order. */
export const roundRobin: OrderBlocks = (blocks, { turn }) => {
  if (blocks.length < 2) return blocks;
  const start = turn % blocks.length;
  return [...blocks.slice(start), ...blocks.slice(0, start)];
};
