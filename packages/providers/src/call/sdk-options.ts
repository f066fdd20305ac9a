import type { HttpPool } from '../transport/http-pool.ts';
import type { CallMonitor } from './call-monitor.ts';

/** The SDK's own timeout only backs the call's clocks, which have to strike first. */
const SDK_TIMEOUT_SLACK_MS = 10_000;

/** What a vendor's SDK is told of one call. */
export function sdkOptions(monitor: CallMonitor, pool: HttpPool) {
  return {
    signal: monitor.signal,
    timeout: monitor.timeouts.total_ms + SDK_TIMEOUT_SLACK_MS,
    fetchOptions: pool.fetchOptions(monitor),
  };
}
