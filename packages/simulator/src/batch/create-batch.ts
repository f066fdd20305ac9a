import type { IncomingHttpHeaders } from 'node:http';
import { monotonicNowMs } from '../server/monotonic-now-ms.ts';
import type { SimulatedAccount, SimulatorState } from '../server/simulator-state.ts';
import { runBatch } from './run-batch.ts';
import type { BatchFormat, PreparedLines, SimulatedBatch } from './simulated-batch.ts';

export interface NewBatch<Facts> {
  id: string;
  /** The vendor's own, when the behaviour says nothing. */
  windowMs: number;
  facts: Facts;
  format: BatchFormat;
  /** Lines at once known, or 0. */
  total: number;
  queuedTokens?: ReadonlyMap<string, number>;
  /** Of the create call: they hold for each line, as a version does. */
  headers: IncomingHttpHeaders;
  /** Reads the lines; called once the batch has begun to be checked. May set `queuedTokens` and the like. */
  prepare(batch: SimulatedBatch<Facts>): Promise<PreparedLines>;
  /** Results come in the order of the lines. */
  keepsOrder: boolean;
  newResultFileId(): string;
  /** Called when the results are written, just before the batch ends: where they are files, they are added here. */
  keepResults(batch: SimulatedBatch<Facts>): void;
}

/** Accepts a batch and begins to run it. */
export async function createBatch<Facts>(
  { account, state }: { account: SimulatedAccount; state: SimulatorState },
  spec: NewBatch<Facts>,
): Promise<SimulatedBatch<Facts>> {
  const { batches: store, batch: behaviour } = account;
  const createdAtMs = monotonicNowMs();
  const cancelled = new AbortController();
  const batch: SimulatedBatch<Facts> = {
    id: spec.id,
    createdAtMs,
    expiresAtMs: createdAtMs + (behaviour.window_ms ?? spec.windowMs) / behaviour.time_scale,
    behaviour,
    facts: spec.facts,
    phase: 'validating',
    model: null,
    runningAtMs: null,
    finalizingAtMs: null,
    cancellingAtMs: null,
    endedAtMs: null,
    errors: [],
    counts: { total: spec.total, succeeded: 0, failed: 0, expired: 0, cancelled: 0 },
    usage: { promptTokens: 0, completionTokens: 0, cachedTokens: 0, reasoningTokens: 0 },
    costUsd: 0,
    queuedTokens: spec.queuedTokens ?? new Map(),
    results: { output: null, error: null },
    ledgerPath: await store.newPath(),
    cancel() {
      if (batch.endedAtMs !== null || batch.cancellingAtMs !== null || batch.phase === 'finalizing') return;
      batch.phase = 'cancelling';
      batch.cancellingAtMs = monotonicNowMs();
      cancelled.abort();
    },
  };
  const run = runBatch(batch, { account, store, state, spec, cancelled: cancelled.signal }).catch(
    (error: unknown) => {
      batch.errors = [{ code: 'simulator_defect', message: String(error), param: null, line: null }];
      batch.phase = 'failed';
      batch.endedAtMs = monotonicNowMs();
    },
  );
  store.addBatch(batch, run);
  return batch;
}
