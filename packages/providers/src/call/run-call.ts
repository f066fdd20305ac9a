import type { AttemptError, Warning } from '@sluice/contracts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { safeMessage } from '../errors/safe-message.ts';
import { UnsendableRequest } from '../errors/unsendable-request.ts';
import type { ProviderCall, ProviderFailure, ProviderOutcome, ProviderSuccess } from '../provider-adapter.ts';
import { createCallMonitor, type CallMonitor, type Interruption } from './call-monitor.ts';
import { estimateUsage } from './estimate-usage.ts';
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
  const failure = (error: AttemptError): ProviderFailure => ({
    status: 'error',
    error: { ...error, message: safeMessage(error.message, apiKey) },
    usage: monitor.usage(),
    warnings,
    firstTokenMs: monitor.firstTokenMs(),
    rateLimit: monitor.rateLimit(),
  });
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
    if (answer.status === 'error') return interrupted() ?? failure(answer.error);
    return success(answer, { call, monitor, warnings });
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

function success(
  { completion, usage: reported }: VendorAnswer & { status: 'ok' },
  { call, monitor, warnings }: { call: ProviderCall; monitor: CallMonitor; warnings: Warning[] },
): ProviderSuccess {
  const usage = reported ?? estimateUsage(call.request, completion.choices);
  return {
    status: 'ok',
    completion: {
      id: completion.id,
      object: 'chat.completion',
      created: completion.created,
      model: completion.model,
      choices: completion.choices,
      ...(completion.service_tier ? { service_tier: completion.service_tier } : {}),
      ...(completion.system_fingerprint ? { system_fingerprint: completion.system_fingerprint } : {}),
      usage: {
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        total_tokens: usage.total_tokens,
        prompt_tokens_details: {
          cached_tokens: usage.cache_read_tokens,
          ...(usage.audio_input_tokens ? { audio_tokens: usage.audio_input_tokens } : {}),
        },
        completion_tokens_details: {
          reasoning_tokens: usage.reasoning_tokens,
          ...(usage.audio_output_tokens ? { audio_tokens: usage.audio_output_tokens } : {}),
        },
      },
    },
    usage,
    warnings: reported ? warnings : [...warnings, USAGE_ESTIMATED],
    firstTokenMs: monitor.firstTokenMs(),
    rateLimit: monitor.rateLimit(),
  };
}

const USAGE_ESTIMATED: Warning = {
  code: 'usage_estimated',
  message: 'The provider reported no usage: tokens and cost are estimated from the length of the text.',
  param: null,
};

function interruptionError(vendor: string, interruption: Interruption): AttemptError {
  if (interruption.kind === 'cancelled') {
    return attemptErrorOf({ code: 'cancelled', message: `The call of ${vendor} was cancelled.` });
  }
  if (interruption.kind === 'too_large') {
    return attemptErrorOf({
      code: 'malformed_response',
      message: `${vendor} sent more than the ${interruption.limitBytes} bytes that an answer may have.`,
    });
  }
  const { which, limitMs } = interruption;
  return attemptErrorOf({
    code: 'timeout',
    message: `${vendor} exceeded the ${which} timeout of ${limitMs} ms.`,
  });
}
