import { z } from 'zod';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { apiError } from './api-error.ts';
import { fromResponse } from './from-response.ts';

/** Source: OpenAI API reference, "The request output object". */
const answerSchema = z.object({
  response: z.object({ status_code: z.number().int(), body: z.unknown() }).nullish().catch(null),
  error: z.unknown(),
});
const bodySchema = z.object({ error: z.unknown() });

/** A line of results as the answer to its request: a refusal stands in `response`, other failures in `error`. */
export function readBatchAnswer(
  line: unknown,
  { vendor, model }: { vendor: string; model: string },
): VendorAnswer {
  const { response, error } = answerSchema.parse(line);
  if (response && response.status_code < 300) return fromResponse(response.body, { vendor, model });
  const refusal = response ? bodySchema.safeParse(response.body).data?.error : error;
  return {
    status: 'error',
    usage: null,
    error: apiError({
      vendor,
      status: response?.status_code ?? null,
      error: refusal,
      fallbackText: '',
      retryAfterMs: null,
    }),
  };
}
