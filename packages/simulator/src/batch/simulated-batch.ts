import type { BatchBehaviour } from '../config/batch-behaviour.ts';
import type { WireAnswer } from '../vendors/vendor-wire.ts';

/** What came of a line at the vendor. */
export type LineOutcome =
  /** As of a live call: 200 with the answer, or the vendor's refusal. */
  | { status: 'answered'; answer: WireAnswer; requestId: string }
  | { status: 'expired' }
  | { status: 'cancelled' };

/** One line as the batch was given it. */
export interface LineRequest {
  customId: string;
  model: string | null;
  /** As a live call of the vendor has it. */
  body: unknown;
}

/** How a vendor writes lines and results; pure. */
export interface BatchFormat {
  /** A line of a file that has passed the vendor's checks. */
  readLine(text: string): LineRequest;
  /** The line of results, without its line break; null where the vendor has none for it. */
  writeResult(customId: string, outcome: LineOutcome): { sink: 'output' | 'error'; text: string } | null;
}

/** An error of the whole file, as OpenAI lists it. */
export interface BatchFileError {
  code: string;
  message: string;
  param: string | null;
  /** From 1. */
  line: number | null;
}

/** Lines on the disk, by their places in the file. */
export interface LineIndex {
  offsets: readonly number[];
  lengths: readonly number[];
}

/** What the vendor found when it read the lines. */
export type PreparedLines =
  | { status: 'ok'; path: string; index: LineIndex; model: string | null }
  | { status: 'failed'; errors: BatchFileError[] };

export type BatchPhase =
  | 'validating'
  | 'running'
  | 'finalizing'
  | 'cancelling'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled';

export interface ResultFile {
  id: string;
  path: string;
  bytes: number;
  lines: number;
}

export interface LineCounts {
  total: number;
  succeeded: number;
  failed: number;
  expired: number;
  cancelled: number;
}

export interface BatchUsageSum {
  promptTokens: number;
  completionTokens: number;
  cachedTokens: number;
  reasoningTokens: number;
}

/** A batch at a simulated vendor. Times are epoch milliseconds. */
export interface SimulatedBatch<Facts = unknown> {
  readonly id: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly behaviour: BatchBehaviour;
  /** What only this vendor knows of a batch. */
  readonly facts: Facts;
  phase: BatchPhase;
  model: string | null;
  runningAtMs: number | null;
  finalizingAtMs: number | null;
  cancellingAtMs: number | null;
  endedAtMs: number | null;
  errors: readonly BatchFileError[];
  counts: LineCounts;
  usage: BatchUsageSum;
  costUsd: number;
  /** Tokens of the prompts by model, as the vendor counts what waits; empty where no limit asks for it. */
  queuedTokens: ReadonlyMap<string, number>;
  /** Once it has ended; null where there are none. */
  results: { output: ResultFile | null; error: ResultFile | null };
  /** One JSON object for each line that has ended: what the simulator's control tells. */
  ledgerPath: string;
  /** No effect on a batch that has ended or is being cancelled. */
  cancel(): void;
}
