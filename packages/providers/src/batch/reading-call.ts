import type { BatchCallKind } from './run-batch-call.ts';

/** A call that changes nothing, or nothing that matters when it is done twice. */
export function readingCall(
  signal: AbortSignal,
  { namesBatch = false, isTransfer = false }: { namesBatch?: boolean; isTransfer?: boolean } = {},
): BatchCallKind {
  return { effect: 'read', namesBatch, isTransfer, signal };
}
