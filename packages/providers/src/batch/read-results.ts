import { createCallMonitor, type CallMonitor } from '../call/call-monitor.ts';
import { interruptionError } from '../call/interruption-error.ts';
import { safeMessage } from '../errors/safe-message.ts';
import { BatchReadError } from './batch-read-error.ts';
import type { BatchLineResult } from './provider-batch-adapter.ts';
import type { BatchCaller } from './run-batch-call.ts';

/** One reading of results with its clocks: each line's at most once, failures as `BatchReadError`. */
export async function* readResults(
  { vendor, apiKey, timeouts, toBrokerError }: BatchCaller,
  signal: AbortSignal,
  open: (monitor: CallMonitor) => AsyncIterable<BatchLineResult>,
): AsyncGenerator<BatchLineResult> {
  const seen = new Set<string>();
  const totalMs = timeouts.transferMs;
  const monitor = createCallMonitor({
    signal,
    timeouts: { connect_ms: timeouts.connectMs, first_token_ms: totalMs, total_ms: totalMs },
    streaming: false,
  });
  try {
    for await (const result of open(monitor)) {
      if (seen.has(result.customId)) continue;
      seen.add(result.customId);
      yield result;
    }
  } catch (thrown) {
    const interruption = monitor.interruption();
    const found = interruption ? interruptionError(vendor, interruption) : toBrokerError(thrown, monitor);
    throw new BatchReadError({ ...found, message: safeMessage(found.message, apiKey) }, { cause: thrown });
  } finally {
    monitor.close();
  }
}
