import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';

/** Why the model stopped. Source: Anthropic API reference, "Messages", `stop_details`. */
export const stopDetailsSchema = z
  .object({ category: z.string().nullish().catch(null), explanation: z.string().nullish().catch(null) })
  .nullish()
  .catch(null);

/** A refusal by the model's safety classifiers: `stop_reason: refusal`. */
export function refused(
  vendor: string,
  { usage, details }: { usage: Usage | null; details?: z.infer<typeof stopDetailsSchema> },
): VendorAnswer {
  const category = details?.category ? `, category ${details.category}` : '';
  const explanation = details?.explanation ? `: ${details.explanation}` : '';
  const error = attemptErrorOf({
    code: 'content_filter',
    message: `${vendor} blocked the answer: stop_reason refusal${category}${explanation}`,
    status: 200,
  });
  return { status: 'error', error, usage };
}
