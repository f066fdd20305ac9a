import { z } from 'zod';
import { lineCall } from '../batch/line-call.ts';
import type { BatchLine } from '../batch/provider-batch-adapter.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { errorOfBody } from './to-broker-error.ts';
import { fromResponse } from './from-response.ts';
import { toRequest } from './to-request.ts';

const VENDOR = 'anthropic';

/** Source: Anthropic API reference, "Message Batch individual response". */
const resultSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('succeeded'), message: z.unknown() }),
  z.object({ type: z.literal('errored'), error: z.unknown() }),
]);

/** A result as the answer to its request. An error stands without its status: its type tells. */
export function readBatchAnswer(result: unknown, line: BatchLine): VendorAnswer {
  const parsed = resultSchema.parse(result);
  if (parsed.type === 'errored') {
    return { status: 'error', error: errorOfBody(parsed.error, { vendor: VENDOR }), usage: null };
  }
  return fromResponse(parsed.message, {
    vendor: VENDOR,
    model: line.model,
    answerTool: answerToolOf(line),
  });
}

/** A JSON answer of an older model comes as the arguments of a tool, whose name only its request knows. */
function answerToolOf(line: BatchLine): string | null {
  const { response_format: format } = line.request;
  if (!format || format.type === 'text') return null;
  return toRequest(lineCall(line).call).body.answerTool;
}
