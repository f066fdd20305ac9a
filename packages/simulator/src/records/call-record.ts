import type { BatchOperation } from '../config/batch-operation.ts';
import type { FaultKind } from '../config/fault-rule.ts';
import type { SimulatedVendor } from '../config/simulated-vendor.ts';

/** One call as it arrived and ended. Times are epoch milliseconds of a monotonic clock. */
export interface CallRecord {
  /** From 1, in order of arrival. */
  n: number;
  at_ms: number;
  account: string;
  vendor: SimulatedVendor;
  model: string | null;
  /** Null for a call that is not of a Batch API. */
  batch_operation: BatchOperation | null;
  path: string;
  /** Masked; null when none was sent. */
  key: string | null;
  stream: boolean;
  /** Null while the call runs, and when no status was sent. */
  status: number | null;
  /** The fault that it suffered; null when it was refused before one could strike. */
  fault: FaultKind | null;
  /** As billed; a broken stream is billed for what was sent. */
  prompt_tokens: number;
  completion_tokens: number;
  /** Of `completion_tokens`. */
  reasoning_tokens: number;
  /** Of `prompt_tokens`. */
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** As the answer named it; null when it named none. */
  service_tier: string | null;
  cost_usd: number;
  /** From arrival to the end; null while the call runs. */
  latency_ms: number | null;
  /** The client left before the end. */
  aborted: boolean;
  /** `x-sluice-job-id`, else `idempotency-key`, as sent. */
  job_id: string | null;
  /** `x-stainless-retry-count`: above 0 when an SDK retries by itself. */
  retry_count: number | null;
  /** SHA-256 of the body as sent, hex. */
  request_hash: string | null;
  /** The body as sent, cut at 8 KB; kept for the newest calls only. */
  request_body: string | null;
}
