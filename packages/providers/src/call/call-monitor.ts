import type { Timeouts, Usage } from '@sluice/contracts';
import type { RateLimitSnapshot } from './rate-limit-headers.ts';

export type Interruption =
  | { kind: 'cancelled' }
  | { kind: 'timeout'; which: 'connect' | 'first token' | 'idle' | 'total'; limitMs: number }
  | { kind: 'too_large'; limitBytes: number };

/** Watches one call: its timeouts, its milestones, and why it was interrupted. */
export interface CallMonitor {
  /** Aborts the HTTP request: the caller's signal or a timeout. */
  readonly signal: AbortSignal;
  readonly timeouts: Timeouts;
  /** The first that struck; null when none did. */
  interruption(): Interruption | null;
  interrupt(interruption: Interruption): void;
  /** Headers are there: the vendor has taken the call. */
  sawHeaders(): void;
  answered(): boolean;
  /** The model generates, be it reasoning that is not shown; `thought` is what is shown of it. */
  sawToken(thought?: string): void;
  /** A piece of content is there. Implies {@link sawToken}. */
  sawContent(text?: string): void;
  /** UTF-8 bytes of all pieces so far. */
  streamed(): { answerBytes: number; thoughtBytes: number };
  firstTokenMs(): number | null;
  /** Keeps the newest usage, so that it survives a stream that breaks. */
  reportUsage(usage: Usage): void;
  usage(): Usage | null;
  /** Keeps the newest cost in US dollars that the server names; null keeps what is known. */
  reportCost(costUsd: number | null): void;
  costUsd(): number | null;
  /** What the newest answer's headers said; null keeps what is known. */
  reportRateLimit(snapshot: RateLimitSnapshot | null): void;
  rateLimit(): RateLimitSnapshot | null;
  /** Clears timers and listeners; idempotent. */
  close(): void;
}

/** Starts the clocks. The caller closes the monitor when the call has ended. */
export function createCallMonitor({
  signal,
  timeouts,
  streaming,
}: {
  signal: AbortSignal;
  timeouts: Timeouts;
  streaming: boolean;
}): CallMonitor {
  const controller = new AbortController();
  const startedAt = performance.now();
  let interruption: Interruption | null = null;
  let answered = false;
  let firstTokenMs: number | null = null;
  let usage: Usage | null = null;
  let rateLimit: RateLimitSnapshot | null = null;
  let costUsd: number | null = null;

  const interrupt = (reason: Interruption): void => {
    if (interruption) return;
    interruption = reason;
    controller.abort();
  };
  const after = (which: 'first token' | 'total', limitMs: number) =>
    setTimeout(() => interrupt({ kind: 'timeout', which, limitMs }), limitMs);
  const total = after('total', timeouts.total_ms);
  // A plain answer comes whole: when its first token was made is not known.
  const firstToken = streaming ? after('first token', timeouts.first_token_ms) : undefined;
  const cancel = () => interrupt({ kind: 'cancelled' });
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });

  let answerBytes = 0;
  let thoughtBytes = 0;
  const begun = (): void => clearTimeout(firstToken);
  return {
    signal: controller.signal,
    timeouts,
    interruption: () => interruption,
    interrupt,
    sawHeaders() {
      answered = true;
    },
    answered: () => answered,
    sawToken(thought = '') {
      begun();
      thoughtBytes += Buffer.byteLength(thought);
    },
    sawContent(text = '') {
      begun();
      answerBytes += Buffer.byteLength(text);
      firstTokenMs ??= Math.round(performance.now() - startedAt);
    },
    streamed: () => ({ answerBytes, thoughtBytes }),
    firstTokenMs: () => firstTokenMs,
    reportUsage(newest) {
      usage = newest;
    },
    usage: () => usage,
    reportCost(named) {
      costUsd = named ?? costUsd;
    },
    costUsd: () => costUsd,
    reportRateLimit(snapshot) {
      rateLimit = snapshot ?? rateLimit;
    },
    rateLimit: () => rateLimit,
    close() {
      clearTimeout(total);
      clearTimeout(firstToken);
      signal.removeEventListener('abort', cancel);
    },
  };
}
