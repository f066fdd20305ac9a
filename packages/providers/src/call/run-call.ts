import type { AttemptError, Warning } from '@sluice/contracts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { safeMessage } from '../errors/safe-message.ts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { ProviderCall, ProviderFailure, ProviderOutcome } from '../provider-adapter.ts';
import { createCallMonitor, type CallMonitor } from './call-monitor.ts';
import { interruptionError } from './interruption-error.ts';
import { successOf, USAGE_ESTIMATED } from './success-of.ts';
import { usageSoFar } from './usage-so-far.ts';
import type { VendorAnswer } from './vendor-answer.ts';

export interface RenderedRequest<Body> {
  body: Body;
  warnings: Warning[];
}

export interface VendorCall<Body> {
  vendor: string;
  /** Removed from every message. */
  apiKey: string | null;
  /**
   * May fetch files that the request names by URL; the monitor's clocks run already. Throws `UnsendableRequest`
   * for a request that the vendor can't take.
   */
  toRequest(call: ProviderCall, monitor: CallMonitor): RenderedRequest<Body> | Promise<RenderedRequest<Body>>;
  /** Sends the body and reads the answer; may throw whatever the SDK throws. */
  send(body: Body, monitor: CallMonitor): Promise<VendorAnswer>;
  /** What the SDK threw, as an error; not called for an interrupted call. */
  toBrokerError(error: unknown, monitor: CallMonitor): AttemptError;
}

/**
 * The part of a call that is the same for every vendor: clocks, cancel, warnings, usage and the outcome's shape.
 * Never rejects and never retries.
 */
export async function runCall<Body>(
  call: ProviderCall,
  vendorCall: VendorCall<Body>,
): Promise<ProviderOutcome> {
  const { vendor, apiKey } = vendorCall;
  const monitor = createCallMonitor({
    signal: call.signal,
    timeouts: call.timeouts,
    streaming: call.onDelta !== undefined,
  });
  let warnings: Warning[] = [];
  const failure = (error: AttemptError): ProviderFailure => {
    const streamed = call.onDelta ? monitor.streamed() : { answerBytes: 0, thoughtBytes: 0 };
    const { usage, isEstimated } = usageSoFar(monitor.usage(), { request: call.request, streamed });
    return {
      status: 'error',
      error: { ...error, message: safeMessage(error.message, apiKey) },
      usage,
      ...(isEstimated ? { usageEstimated: true } : {}),
      costUsd: monitor.costUsd(),
      warnings: isEstimated ? [...warnings, USAGE_ESTIMATED] : warnings,
      firstTokenMs: monitor.firstTokenMs(),
      rateLimit: monitor.rateLimit(),
    };
  };
  const interrupted = (): ProviderFailure | null => {
    const interruption = monitor.interruption();
    return interruption && failure(interruptionError(vendor, interruption));
  };

  try {
    const rendered = await vendorCall.toRequest(call, monitor);
    warnings = rendered.warnings;
    const early = interrupted();
    if (early) return early;
    const answer = await vendorCall.send(rendered.body, monitor);
    if (answer.usage) monitor.reportUsage(answer.usage);
    if (answer.status === 'ok') monitor.reportCost(answer.costUsd ?? null);
    if (answer.status === 'error') return interrupted() ?? failure(answer.error);
    return successOf(answer, {
      request: call.request,
      warnings,
      costUsd: monitor.costUsd(),
      firstTokenMs: monitor.firstTokenMs(),
      rateLimit: monitor.rateLimit(),
    });
  } catch (error) {
    const early = interrupted();
    if (early) return early;
    if (error instanceof UnsendableRequest) {
      return failure(attemptErrorOf({ code: 'invalid_request', message: error.message, failover: true }));
    }
    return failure(vendorCall.toBrokerError(error, monitor));
  } finally {
    monitor.close();
  }
}
