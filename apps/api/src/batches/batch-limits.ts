import { MAX_BATCH_LINES } from '@sluice/contracts';
import type { BatchRecord } from '@sluice/broker';

/** Longest line of an input file. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** Deepest JSON of a line; as in bodies of requests. */
export const MAX_LINE_DEPTH = 64;
/** Faults that are listed; the check ends with the last. */
export const MAX_LISTED_ERRORS = 100;
/** Source: Anthropic API reference, "Message Batches", limits. */
export const MAX_ANTHROPIC_REQUESTS = 100_000;

export function maxLines({ dialect }: Pick<BatchRecord, 'dialect'>): number {
  return dialect === 'anthropic' ? MAX_ANTHROPIC_REQUESTS : MAX_BATCH_LINES;
}
