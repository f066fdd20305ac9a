import type { AttemptError, Warning } from '@sluice/contracts';
import { validateAnswer } from '@sluice/core';
import type { CallResult } from './call-provider.ts';
import type { RunnableJob } from './settle-attempt.ts';

/**
 * A job with `validate`: an answer that breaks its own JSON schema is a failed attempt, which keeps its usage and its
 * cost. Nothing of it is the target's fault that answered as it was asked, so it comes after the limiter, the keys and
 * the health of the target have heard of the answer.
 */
export function checkAnswer(job: RunnableJob, result: CallResult): CallResult {
  const { validate } = job.options;
  const { outcome, attemptEnd } = result;
  if (!validate || outcome.status !== 'ok') return result;
  const check = validateAnswer(job.request, outcome.completion);
  if (check.status === 'valid') return result;
  if (check.status === 'undecided') {
    const warning: Warning = { code: 'not_validated', message: check.message, param: 'validate' };
    return { ...result, outcome: { ...outcome, warnings: [...outcome.warnings, warning] } };
  }
  const malformed = job.attempts.filter(({ error }) => error?.code === 'malformed_response').length + 1;
  const isLast = validate.maxFailures !== null && malformed >= validate.maxFailures;
  const error: AttemptError = {
    code: 'malformed_response',
    message: isLast ? `${check.message} It was the last of ${malformed} that may fail.` : check.message,
    status: 200,
    retryable: !isLast,
    failover: !isLast,
    retry_after_ms: null,
  };
  const { usage, warnings, firstTokenMs, rateLimit, costUsd = null } = outcome;
  return {
    ...result,
    outcome: { status: 'error', error, usage, costUsd, warnings, firstTokenMs, rateLimit },
    attemptEnd: { ...attemptEnd, status: 'failed', error },
  };
}
