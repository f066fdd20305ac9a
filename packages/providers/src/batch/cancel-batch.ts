import type { BatchCallOutcome, ProviderBatch } from './provider-batch-adapter.ts';

/** Refusals of vendors to cancel what has ended. */
const REFUSALS: ReadonlySet<number> = new Set([400, 409]);

/** Asks to cancel; a batch that had ended by then is no failure, and is given as it is. */
export async function cancelBatch(
  cancel: () => Promise<BatchCallOutcome<ProviderBatch>>,
  retrieve: () => Promise<BatchCallOutcome<ProviderBatch>>,
): Promise<BatchCallOutcome<ProviderBatch>> {
  const outcome = await cancel();
  if (outcome.status !== 'error' || !REFUSALS.has(outcome.error.status ?? 0)) return outcome;
  const seen = await retrieve();
  const isOver = seen.status === 'ok' && (seen.value.state === 'ended' || seen.value.state === 'failed');
  return isOver ? seen : outcome;
}
