import type { BatchPhase, LineCounts, SimulatedBatch } from '../batch/simulated-batch.ts';

/** A batch as the simulated vendor knows it, in one form for all vendors. Times are epoch milliseconds. */
export interface BatchRecord {
  account: string;
  id: string;
  model: string | null;
  phase: BatchPhase;
  created_at_ms: number;
  ended_at_ms: number | null;
  counts: LineCounts;
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

/** A line that has ended. */
export interface BatchLineRecord {
  custom_id: string;
  model: string | null;
  /** The HTTP status that its answer stands for, or why there is none. */
  status: number | 'expired' | 'cancelled';
  prompt_tokens: number;
  completion_tokens: number;
  cost_usd: number;
}

export function batchRecord(account: string, batch: SimulatedBatch): BatchRecord {
  return {
    account,
    id: batch.id,
    model: batch.model,
    phase: batch.phase,
    created_at_ms: batch.createdAtMs,
    ended_at_ms: batch.endedAtMs,
    counts: { ...batch.counts },
    prompt_tokens: batch.usage.promptTokens,
    completion_tokens: batch.usage.completionTokens,
    cost_usd: batch.costUsd,
  };
}
