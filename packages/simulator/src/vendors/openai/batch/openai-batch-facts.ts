import type { SimulatedBatch } from '../../../batch/simulated-batch.ts';

/** What the vendor was told at the creation. */
export interface OpenaiBatchFacts {
  inputFileId: string;
  endpoint: string;
  completionWindow: string;
  metadata: Record<string, string> | null;
  /** Of the result files; null: the vendor's own. */
  outputLifeSeconds: number | null;
}
export type OpenaiBatch = SimulatedBatch<OpenaiBatchFacts>;
