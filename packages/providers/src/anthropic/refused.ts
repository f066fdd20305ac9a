import type { Usage } from '@sluice/contracts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';

/** A refusal by the model's safety classifiers: `stop_reason: refusal`. */
export function refused(vendor: string, usage: Usage | null): VendorAnswer {
  const error = attemptErrorOf({
    code: 'content_filter',
    message: `${vendor} blocked the answer: stop_reason refusal`,
    status: 200,
  });
  return { status: 'error', error, usage };
}
