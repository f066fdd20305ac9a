import { randomUUID } from 'node:crypto';
import type { AttemptErrorCode } from '@sluice/contracts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { answerSchema, shownText } from './answer-schema.ts';
import { finishOf } from './finish-of.ts';
import { usageOf } from './usage-of.ts';

/** A plain answer in normal form. A blocked prompt or answer is an error of code `content_filter`. */
export function fromResponse(
  body: unknown,
  { vendor, model }: { vendor: string; model: string },
): VendorAnswer {
  const failed = (code: AttemptErrorCode, what: string): VendorAnswer => ({
    status: 'error',
    error: attemptErrorOf({ code, message: `${vendor} ${what}`, status: 200 }),
    usage: null,
  });
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return failed('malformed_response', 'sent a body that is no answer');
  const { data } = parsed;
  const usage = usageOf(data.usageMetadata);
  const [candidate] = data.candidates ?? [];
  if (!candidate) {
    const { blockReason } = data.promptFeedback ?? {};
    return blockReason
      ? { ...failed('content_filter', `blocked the prompt: blockReason ${blockReason}`), usage }
      : { ...failed('malformed_response', 'sent an answer without candidates'), usage };
  }
  const finish = finishOf(candidate.finishReason ?? 'STOP');
  if (finish.status === 'error') return { ...failed(finish.code, finish.what), usage };
  return {
    status: 'ok',
    usage,
    completion: {
      id: data.responseId ?? `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1_000),
      model: data.modelVersion ?? model,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: shownText(candidate), refusal: null },
          logprobs: null,
          finish_reason: finish.finishReason,
        },
      ],
    },
  };
}
