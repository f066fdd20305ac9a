import { z } from 'zod';
import { createCallMonitor } from '../call/call-monitor.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { fromResponse } from './from-response.ts';
import { statusError } from './status-error.ts';

const READ_MS = 60_000;

const statusSchema = z.object({
  code: z.number().int().catch(2),
  message: z.string().catch(''),
  details: z.array(z.unknown()).catch([]),
});
/** Source: Gemini API reference, `InlinedResponse`; lines of a file have the same fields. */
const answerSchema = z.object({
  response: z.unknown().optional(),
  error: statusSchema.nullish(),
  status: statusSchema.nullish().catch(null),
});

/** A result as the answer to its request. */
export function readBatchAnswer(
  result: unknown,
  { vendor, model }: { vendor: string; model: string },
): VendorAnswer {
  const { response, error, status } = answerSchema.parse(result);
  const refusal = error ?? (response === undefined ? status : null);
  if (refusal) return { status: 'error', error: statusError(refusal, vendor), usage: null };
  const monitor = createCallMonitor({
    signal: new AbortController().signal,
    timeouts: { connect_ms: READ_MS, first_token_ms: READ_MS, total_ms: READ_MS },
    streaming: false,
  });
  try {
    return fromResponse(response, { vendor, model, monitor, serviceTier: null });
  } finally {
    monitor.close();
  }
}
