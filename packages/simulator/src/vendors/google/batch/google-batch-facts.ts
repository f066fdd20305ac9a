import type { SimulatedBatch } from '../../../batch/simulated-batch.ts';

export interface GoogleBatchFacts {
  displayName: string;
  model: string;
  /** `files/…`; null for requests that came with the call. */
  fileName: string | null;
}
export type GoogleBatch = SimulatedBatch<GoogleBatchFacts>;
