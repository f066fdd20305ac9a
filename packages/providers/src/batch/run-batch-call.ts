import type { AttemptError } from '@sluice/contracts';
import { createCallMonitor, type CallMonitor } from '../call/call-monitor.ts';
import { interruptionError } from '../call/interruption-error.ts';
import { safeMessage } from '../errors/safe-message.ts';
import { wasNeverSent } from '../errors/was-never-sent.ts';
import type { BatchTimeouts } from './batch-timeouts.ts';
import type { BatchCallOutcome } from './provider-batch-adapter.ts';

/** What the calls of one adapter share. */
export interface BatchCaller {
  vendor: string;
  /** Removed from every message. */
  apiKey: string | null;
  timeouts: BatchTimeouts;
  /** What the vendor's client threw, as an error. */
  toBrokerError(error: unknown, monitor: CallMonitor): AttemptError;
}

export interface BatchCallKind {
  /** `act`: the vendor may have done it though no clear answer came. `read`: it may simply be tried again. */
  effect: 'act' | 'read';
  /** Whether a 404 is about the batch that was named. */
  namesBatch: boolean;
  /** It carries lines. */
  isTransfer: boolean;
  signal: AbortSignal;
}

/** One call of a Batch API with its clocks and its outcome. Never rejects and never retries. */
export async function runBatchCall<Value>(
  { vendor, apiKey, timeouts, toBrokerError }: BatchCaller,
  { effect, namesBatch, isTransfer, signal }: BatchCallKind,
  send: (monitor: CallMonitor) => Promise<Value>,
): Promise<BatchCallOutcome<Value>> {
  const totalMs = isTransfer ? timeouts.transferMs : timeouts.callMs;
  const wasAborted = signal.aborted;
  const monitor = createCallMonitor({
    signal,
    timeouts: { connect_ms: timeouts.connectMs, first_token_ms: totalMs, total_ms: totalMs },
    streaming: false,
  });
  try {
    if (wasAborted) throw new Error('aborted before the call');
    return { status: 'ok', value: await send(monitor) };
  } catch (thrown) {
    const interruption = monitor.interruption();
    const found = interruption ? interruptionError(vendor, interruption) : toBrokerError(thrown, monitor);
    const error = { ...found, message: safeMessage(found.message, apiKey) };
    if (namesBatch && error.status === 404) return { status: 'missing' };
    const isConnecting = interruption?.kind === 'timeout' && interruption.which === 'connect';
    const isKept = wasAborted || isConnecting || (!interruption && wasNeverSent(thrown));
    return { status: effect === 'act' && !isKept && isUnclear(error) ? 'unknown' : 'error', error };
  } finally {
    monitor.close();
  }
}

/** A 5xx may come from a gateway whose upstream did the work. */
function isUnclear({ status, code }: AttemptError): boolean {
  if (status === null) return true;
  return status >= 500 || status === 408 || code === 'malformed_response' || code === 'truncated';
}
