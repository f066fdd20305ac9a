import type { SimulatedVendor } from '../config/simulated-vendor.ts';
import { anthropicBatchApi } from '../vendors/anthropic/batch/anthropic-batch-api.ts';
import { googleBatchApi } from '../vendors/google/batch/google-batch-api.ts';
import { openaiBatchApi } from '../vendors/openai/batch/openai-batch-api.ts';
import type { BatchApi } from './batch-api.ts';

const APIS: Record<SimulatedVendor, BatchApi | null> = {
  openai: openaiBatchApi,
  anthropic: anthropicBatchApi,
  google: googleBatchApi,
  'openai-compatible': null,
};

/** Null for a vendor without a Batch API. */
export function batchApiFor(vendor: SimulatedVendor): BatchApi | null {
  return APIS[vendor];
}
