import type { AttemptError, ChatRequest, ModelEntry, Warning } from '@sluice/contracts';
import type { ProviderOutcome } from '../provider-adapter.ts';

/** One job as a line of a provider's batch. */
export interface BatchLine {
  /** `<run>_<n>`: letters, digits, `_` and `-`, at most 64 of them, unique within the run. */
  customId: string;
  model: string;
  entry: ModelEntry;
  /** The canonical request, deep-frozen; rendered by the same code as a live call of that vendor. */
  request: ChatRequest;
}

/** A line as the vendor takes it: JSON text without a line break, or why it can't be sent. */
export type RenderedLine =
  | { status: 'ok'; customId: string; json: string; warnings: Warning[] }
  | { status: 'refused'; customId: string; error: AttemptError; warnings: Warning[] };

export interface ProviderBatchLimits {
  maxLines: number;
  /** Of all rendered lines together, line breaks included. */
  maxBytes: number;
  /** Up to this size the lines go inline with the create call; above it as a file. 0: always as a file. */
  inlineMaxBytes: number;
  /** Whether lines of one batch may name different models. */
  mixesModels: boolean;
  /** How long the vendor may take before it expires the batch, in milliseconds. */
  windowMs: number;
}

/** A vendor's batch as last seen. */
export interface ProviderBatch {
  id: string;
  /** `ended`: results can be read, however many lines succeeded. `failed`: the vendor refused it whole. */
  state: 'running' | 'cancelling' | 'ended' | 'failed';
  /**
   * Null where the vendor does not say. While it runs, OpenAI's total is 0 until the file is checked, and Anthropic's
   * completed and failed stay 0 until the end.
   */
  counts: { total: number; completed: number; failed: number } | null;
  createdAtMs: number;
  /** Our run's name where the vendor's batch carries it (metadata, display name); null where it can't. */
  run: string | null;
  /** Where the results are, in the vendor's terms (file ids, URL, inline); opaque to others, JSON. */
  results: unknown;
  /** Why it `failed`. */
  error: AttemptError | null;
}

/** What came of one line; `answered` is read with `ProviderBatchAdapter.read`, `expired` and `cancelled` never ran. */
export type BatchLineResult =
  | { customId: string; status: 'answered'; answer: unknown }
  | { customId: string; status: 'expired' | 'cancelled' };

/**
 * `unknown`: no clear answer came, so the vendor may have done it (timeout, broken connection, 5xx); look with `find`
 * before trying again. Only of `create` and `cancel`: the others may simply be tried again. `missing`: 404.
 */
export type BatchCallOutcome<Value> =
  | { status: 'ok'; value: Value }
  | { status: 'unknown'; error: AttemptError }
  | { status: 'missing' }
  | { status: 'error'; error: AttemptError };

/**
 * A vendor's Batch API. No method throws or retries. Every call is bounded by a timeout and ends when its signal is
 * aborted. Whoever creates it closes it; `close` is idempotent.
 */
export interface ProviderBatchAdapter {
  limits: ProviderBatchLimits;
  render(line: BatchLine): Promise<RenderedLine>;
  /** Uploads rendered lines; null where the vendor has no files, or the size goes inline. The run names the file. */
  upload(input: {
    run: string;
    lines: readonly string[];
    signal: AbortSignal;
  }): Promise<BatchCallOutcome<{ fileId: string } | null>>;
  create(input: {
    run: string;
    model: string;
    fileId: string | null;
    /** For vendors, and sizes, that go inline. */
    lines: readonly string[];
    signal: AbortSignal;
  }): Promise<BatchCallOutcome<ProviderBatch>>;
  /** Batches created since then that may be this run's, newest first, at most 100: by name where it carries one. */
  find(input: {
    run: string;
    createdSinceMs: number;
    signal: AbortSignal;
  }): Promise<BatchCallOutcome<ProviderBatch[]>>;
  /** `missing` right after `create`, or between two polls, does not mean that it is gone. */
  retrieve(input: { id: string; signal: AbortSignal }): Promise<BatchCallOutcome<ProviderBatch>>;
  /**
   * Results in any order, each line's at most once in one reading; rejects with a `BatchReadError` when the reading
   * breaks, and may be read again. A line without a result is not mentioned: the caller's ledger finds it.
   */
  results(batch: ProviderBatch, options: { signal: AbortSignal }): AsyncIterable<BatchLineResult>;
  /**
   * The answer to a line in normal form, as of a live call: the same code reads it. Its warnings are those of the
   * answer alone; those of the request came with `render`. The caller prices its usage with the lane `batch`.
   */
  read(line: BatchLine, answer: unknown): ProviderOutcome;
  /** Asks the vendor to stop; what is finished can be read once the state is `ended`. */
  cancel(input: { id: string; signal: AbortSignal }): Promise<BatchCallOutcome<ProviderBatch>>;
  close(): Promise<void>;
}
