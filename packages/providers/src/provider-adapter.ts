import type {
  AttemptError,
  ChatCompletion,
  ChatDelta,
  ChatRequest,
  ModelEntry,
  Timeouts,
  Usage,
  Warning,
} from '@sluice/contracts';
import type { RateLimitSnapshot } from './call/rate-limit-headers.ts';

/** One call of a provider for one attempt. */
export interface ProviderCall {
  /** The vendor's model name (the target without its provider). */
  model: string;
  /** What the catalogue knows about the model. */
  entry: ModelEntry;
  /** The canonical request, deep-frozen; an adapter builds a new vendor request from it. */
  request: ChatRequest;
  /** Aborted by cancel, deadline, lost lease or shutdown; the outcome is then an error with code `cancelled`. */
  signal: AbortSignal;
  timeouts: Timeouts;
  /**
   * Called with each piece of a stream, in order; given only when the job asks for a stream.
   * The adapter streams from the vendor if and only if it is given.
   */
  onDelta?: (delta: ChatDelta) => void;
}

export interface ProviderSuccess {
  status: 'ok';
  completion: ChatCompletion;
  usage: Usage;
  /** US dollars, where the server says what it charges, as aggregators do; it wins over any price list. */
  costUsd?: number | null;
  warnings: Warning[];
  /** From sending to the first content; null for a plain answer. */
  firstTokenMs: number | null;
  /** What the answer's headers say about the account's limits; null when they say nothing. */
  rateLimit: RateLimitSnapshot | null;
}

export interface ProviderFailure {
  status: 'error';
  error: AttemptError;
  /** What the vendor reported before it failed (a broken stream has often been paid); null when nothing is known. */
  usage: Usage | null;
  /** `usage` is no more than what was streamed suggests: the vendor may have counted more. */
  usageEstimated?: true;
  costUsd?: number | null;
  warnings: Warning[];
  firstTokenMs: number | null;
  rateLimit: RateLimitSnapshot | null;
}

export type ProviderOutcome = ProviderSuccess | ProviderFailure;

/**
 * A vendor behind one method. `call` never throws and never retries: the worker owns retries.
 * Adapters hold connections; whoever creates one closes it. `close` is idempotent.
 */
export interface ProviderAdapter {
  call(call: ProviderCall): Promise<ProviderOutcome>;
  close(): Promise<void>;
}
