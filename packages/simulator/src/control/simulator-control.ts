import type { BatchBehaviour, BatchBehaviourInput } from '../config/batch-behaviour.ts';
import type { FaultRule, FaultRuleInput } from '../config/fault-rule.ts';
import type { LatencyProfile, LatencyProfileInput } from '../config/latency-profile.ts';
import type { SimulatedLimitsInput } from '../config/simulated-limits.ts';
import type { GateState } from '../limits/limit-gate.ts';
import type { BillLine } from '../records/bill.ts';
import type { BatchLineRecord, BatchRecord } from '../records/batch-record.ts';
import type { CallFilter } from '../records/call-log.ts';
import type { CallRecord } from '../records/call-record.ts';
import type { Overshoot } from '../records/overshoot-log.ts';

export interface AccountLimitState extends GateState {
  account: string;
}

export interface SimulatorSummary {
  /** All that arrived, whether or not their records are still kept. */
  calls: number;
  /** Calls that have not ended. */
  running: number;
  overshoots: number;
  cost_usd: number;
}

/**
 * Asks what was really called and paid, and switches limits, latency and faults while calls run. The control routes
 * and `SimulatorClient` offer the same. Throws a `ZodError` for bad values and a plain error for an unknown account.
 */
export interface SimulatorControl {
  summary(): SimulatorSummary;
  /** Copies, the oldest first. */
  calls(filter?: CallFilter): CallRecord[];
  overshoots(filter?: { account?: string; since?: number }): Overshoot[];
  bill(): BillLine[];
  limits(): AccountLimitState[];
  /** Replaces the limits of an account, of one model at it, or of one of its keys; null: none. Buckets start full. */
  setLimits(change: {
    account: string;
    model?: string;
    /** As it is sent; over `model`. */
    key?: string;
    limits: SimulatedLimitsInput | null;
  }): void;
  latency(): Record<string, LatencyProfile>;
  /** For one account, or for all. */
  setLatency(change: { account?: string; latency: LatencyProfileInput }): void;
  batchBehaviour(): Record<string, BatchBehaviour>;
  /** For the next batches of one account, or of all. */
  setBatchBehaviour(change: { account?: string; batch: BatchBehaviourInput }): void;
  /** Of one account or of all, the newest first. */
  batches(filter?: { account?: string }): BatchRecord[];
  /** What became of a batch's lines so far, in the order in which they ended. The newest are there once it has ended. */
  batchLines(batch: { account: string; id: string }): Promise<BatchLineRecord[]>;
  faults(): readonly FaultRule[];
  /** Replaces all rules; resolves once ports are closed or open again. */
  setFaults(rules: readonly FaultRuleInput[]): Promise<void>;
  /** Empties all records; limits, latency and faults are as configured again. */
  reset(): Promise<void>;
}
