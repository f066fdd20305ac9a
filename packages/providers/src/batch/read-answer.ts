import type { AttemptError, ChatRequest, Usage } from '@sluice/contracts';
import { successOf } from '../call/success-of.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { safeMessage } from '../errors/safe-message.ts';
import type { ProviderFailure, ProviderOutcome } from '../provider-adapter.ts';

/** The outcome of a line that was answered; `read` may throw. Never throws. */
export function readAnswer(
  request: ChatRequest,
  { vendor, apiKey, read }: { vendor: string; apiKey: string | null; read: () => VendorAnswer },
): ProviderOutcome {
  try {
    const answer = read();
    if (answer.status === 'error') return failed(answer.error, { apiKey, usage: answer.usage });
    return successOf(answer, { request, warnings: [], firstTokenMs: null, rateLimit: null });
  } catch (thrown) {
    const message = `${vendor}: the answer could not be read: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    return failed(attemptErrorOf({ code: 'malformed_response', message }), { apiKey, usage: null });
  }
}

function failed(
  error: AttemptError,
  { apiKey, usage }: { apiKey: string | null; usage: Usage | null },
): ProviderFailure {
  return {
    status: 'error',
    error: { ...error, message: safeMessage(error.message, apiKey) },
    usage,
    warnings: [],
    firstTokenMs: null,
    rateLimit: null,
  };
}
