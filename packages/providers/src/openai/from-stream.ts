import type { ChatDelta, FinishReason, Usage } from '@sluice/contracts';
import { z } from 'zod';
import type { CallMonitor } from '../call/call-monitor.ts';
import { createChoiceCollector, type ChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { apiError } from './api-error.ts';
import { finishReason } from './finish-reason.ts';
import { logprobsSchema } from './logprobs-schema.ts';
import { createReasoningDetailPieces, type ReasoningDetailPieces } from './reasoning-detail-pieces.ts';
import { messageSchema, takeMessage } from './take-message.ts';
import { costOf, usageOf, usageReportSchema } from './usage-of.ts';

/** Source: OpenAI API reference, "The chat completion chunk object". */
const chunkSchema = z.object({
  id: z.string().optional().catch(undefined),
  created: z.number().int().optional().catch(undefined),
  model: z.string().optional().catch(undefined),
  choices: z
    .array(
      z.object({
        index: z.number().int().default(0),
        delta: messageSchema.nullish(),
        logprobs: logprobsSchema,
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  service_tier: z.string().nullish().catch(null),
  system_fingerprint: z.string().nullish().catch(null),
  usage: usageReportSchema.nullish().catch(null),
  error: z.unknown().optional(),
});
type Chunk = z.infer<typeof chunkSchema>;

export interface StreamContext {
  vendor: string;
  model: string;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}

interface Progress {
  id: string;
  created: number | undefined;
  model: string | undefined;
  choices: Map<number, { collector: ChoiceCollector; blocks: ReasoningDetailPieces }>;
  finished: Map<number, string>;
  refusal: string;
  serviceTier: string | null;
  fingerprint: string | null;
  usage: Usage | null;
  chunks: number;
}

/**
 * Reads a stream to its end. The terminal event is the chunk with `finish_reason`; usage comes after it. A stream
 * that breaks once every choice has finished is complete: only its usage may be missing.
 */
export async function fromStream(
  chunks: AsyncIterable<unknown>,
  context: StreamContext,
): Promise<VendorAnswer> {
  const progress: Progress = {
    id: '',
    created: undefined,
    model: undefined,
    choices: new Map(),
    finished: new Map(),
    refusal: '',
    serviceTier: null,
    fingerprint: null,
    usage: null,
    chunks: 0,
  };
  try {
    for await (const raw of chunks) {
      const parsed = chunkSchema.safeParse(raw);
      if (!parsed.success) return failed(context, 'malformed_response', 'sent a chunk that is none');
      if (parsed.data.error) {
        const facts = {
          vendor: context.vendor,
          status: null,
          fallbackText: 'no message',
          retryAfterMs: null,
        };
        return {
          status: 'error',
          error: apiError({ ...facts, error: parsed.data.error }),
          usage: progress.usage,
        };
      }
      take(parsed.data, { progress, context });
    }
  } catch (error) {
    if (!isComplete(progress) || context.monitor.interruption()?.kind === 'cancelled') throw error;
  }
  return ending(progress, context);
}

function take(chunk: Chunk, { progress, context }: { progress: Progress; context: StreamContext }): void {
  progress.chunks += 1;
  progress.id ||= chunk.id ?? '';
  progress.created ??= chunk.created;
  progress.model ??= chunk.model;
  progress.serviceTier = chunk.service_tier ?? progress.serviceTier;
  progress.fingerprint ??= chunk.system_fingerprint ?? null;
  for (const { index, delta, logprobs, finish_reason: reason } of chunk.choices ?? []) {
    const known = progress.choices.get(index);
    const choice = known ?? {
      collector: createChoiceCollector({ index, monitor: context.monitor, onDelta: context.onDelta }),
      blocks: createReasoningDetailPieces(),
    };
    if (!known) progress.choices.set(index, choice);
    const { collector, blocks } = choice;
    blocks.take(delta?.reasoning_details ?? []);
    if (delta?.refusal) progress.refusal += delta.refusal;
    if (delta) takeMessage(delta, collector);
    collector.addLogprobs(logprobs?.content ?? []);
    if (!reason) continue;
    progress.finished.set(index, reason);
    for (const block of blocks.flush()) collector.addReasoningDetail(block);
  }
  context.monitor.reportCost(costOf(chunk.usage));
  const usage = usageOf(chunk.usage);
  if (!usage) return;
  progress.usage = usage;
  context.monitor.reportUsage(usage);
}

function isComplete({ choices, finished }: Progress): boolean {
  return choices.size > 0 && finished.size === choices.size;
}

function ending(progress: Progress, context: StreamContext): VendorAnswer {
  if (progress.chunks === 0) return failed(context, 'malformed_response', 'sent an empty stream');
  if (!isComplete(progress)) return failed(context, 'truncated', 'ended the stream without finish_reason');
  const reasons = [...progress.finished.values()];
  if (progress.refusal)
    return failed(context, 'content_filter', `blocked the answer: the model refused: ${progress.refusal}`);
  if (reasons.includes('content_filter')) {
    return failed(context, 'content_filter', 'blocked the answer: finish_reason content_filter');
  }
  if (reasons.includes('error')) return failed(context, 'server_error', 'ended with finish_reason error');
  return {
    status: 'ok',
    usage: progress.usage,
    completion: {
      id: progress.id,
      created: progress.created ?? Math.floor(Date.now() / 1_000),
      model: progress.model ?? context.model,
      choices: [...progress.choices].map(([index, { collector }]) =>
        collector.choice(finishReason(progress.finished.get(index)) satisfies FinishReason),
      ),
      service_tier: progress.serviceTier,
      system_fingerprint: progress.fingerprint,
    },
  };
}

function failed(
  { vendor, monitor }: StreamContext,
  code: 'malformed_response' | 'truncated' | 'content_filter' | 'server_error',
  what: string,
): VendorAnswer {
  const error = attemptErrorOf({ code, message: `${vendor} ${what}`, status: 200 });
  return { status: 'error', error, usage: monitor.usage() };
}
