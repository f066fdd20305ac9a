import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import { createChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { apiError } from './api-error.ts';
import { finishReason } from './finish-reason.ts';
import { createReasoningDetailPieces } from './reasoning-detail-pieces.ts';
import { messageSchema, takeMessage } from './take-message.ts';
import { logprobsSchema } from './logprobs-schema.ts';
import { costOf, usageOf, usageReportSchema } from './usage-of.ts';

/** Source: OpenAI API reference, "The chat completion object". Unknown fields are ignored. */
const completionSchema = z.object({
  id: z.string().catch(''),
  created: z.number().int().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  choices: z
    .array(
      z.object({
        index: z.number().int().optional(),
        message: messageSchema,
        logprobs: logprobsSchema,
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  service_tier: z.string().nullish().catch(null),
  system_fingerprint: z.string().nullish().catch(null),
  usage: usageReportSchema.nullish().catch(null),
});

/** A plain answer in normal form. A refusal or filtered answer is an error of code `content_filter`. */
export function fromResponse(
  body: unknown,
  { vendor, model }: { vendor: string; model: string },
): VendorAnswer {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) return { status: 'error', error: shapeError(body, vendor), usage: null };
  const { data } = parsed;
  const usage = usageOf(data.usage);
  const blocked = data.choices.map((choice) => blockedBy(choice)).find((reason) => reason !== null);
  if (blocked) return contentFiltered({ vendor, reason: blocked, usage });
  if (data.choices.some((choice) => choice.finish_reason === 'error')) {
    const error = attemptErrorOf({
      code: 'server_error',
      message: `${vendor} ended with finish_reason error`,
      status: 200,
    });
    return { status: 'error', error, usage };
  }
  return {
    status: 'ok',
    usage,
    costUsd: costOf(data.usage),
    completion: {
      id: data.id,
      created: data.created ?? Math.floor(Date.now() / 1_000),
      model: data.model ?? model,
      choices: data.choices.map((choice, position) => {
        const collector = createChoiceCollector({ index: choice.index ?? position });
        const blocks = createReasoningDetailPieces();
        blocks.take(choice.message.reasoning_details ?? []);
        for (const block of blocks.flush()) collector.addReasoningDetail(block);
        takeMessage(choice.message, collector);
        collector.addLogprobs(choice.logprobs?.content ?? []);
        return collector.choice(finishReason(choice.finish_reason));
      }),
      service_tier: data.service_tier ?? null,
      system_fingerprint: data.system_fingerprint ?? null,
    },
  };
}

function blockedBy(choice: {
  message: { refusal?: string | null | undefined };
  finish_reason?: string | null | undefined;
}): string | null {
  if (choice.message.refusal) return `the model refused: ${choice.message.refusal}`;
  return choice.finish_reason === 'content_filter' ? 'finish_reason content_filter' : null;
}

function contentFiltered({
  vendor,
  reason,
  usage,
}: {
  vendor: string;
  reason: string;
  usage: Usage | null;
}): VendorAnswer {
  const error = attemptErrorOf({
    code: 'content_filter',
    message: `${vendor} blocked the answer: ${reason}`,
    status: 200,
  });
  return { status: 'error', error, usage };
}

/** OpenRouter answers 200 with an `error` object when its upstream failed. */
function shapeError(body: unknown, vendor: string) {
  const error = typeof body === 'object' && body !== null ? (body as { error?: unknown }).error : undefined;
  if (error) return apiError({ vendor, status: null, error, fallbackText: 'no message', retryAfterMs: null });
  const seen =
    body === undefined || body === null || body === ''
      ? 'an empty body'
      : 'a body that is no chat completion';
  return attemptErrorOf({ code: 'malformed_response', message: `${vendor} sent ${seen}.`, status: 200 });
}
