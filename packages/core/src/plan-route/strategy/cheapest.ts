import { byNumber, type OrderBlocks } from './block.ts';

/** By the estimated cost of the request; targets without a price come last. */
export const cheapest: OrderBlocks = (blocks) =>
  byNumber(blocks, ({ targets: [head] }) => head.costUsd ?? Infinity);
