import { randomUUID } from 'node:crypto';
import type { AttemptErrorCode, ChatDelta } from '@sluice/contracts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { createChoiceCollector } from '../call/choice-collector.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { answerSchema, shownText } from './answer-schema.ts';
import { finishOf } from './finish-of.ts';
import { usageOf } from './usage-of.ts';

export interface StreamContext {
  vendor: string;
  model: string;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}

/** Reads a stream to its end. The terminal event is the piece with `finishReason`; usage repeats, the last wins. */
export async function fromStream(
  pieces: AsyncIterable<unknown>,
  context: StreamContext,
): Promise<VendorAnswer> {
  const { vendor, model, monitor, onDelta } = context;
  const collector = createChoiceCollector({ index: 0, monitor, onDelta });
  let id: string | undefined;
  let answeringModel: string | undefined;
  let reason: string | null = null;
  let seen = 0;

  try {
    for await (const raw of pieces) {
      const parsed = answerSchema.safeParse(raw);
      if (!parsed.success) return failed(context, 'malformed_response', 'sent a piece that is no answer');
      const { data } = parsed;
      seen += 1;
      if (data.error) {
        const facts = { vendor, status: data.error.code ?? 500, answeredStatus: 200, retryAfterMs: null };
        return {
          status: 'error',
          error: errorOfStatus({ ...facts, text: data.error.message }),
          usage: monitor.usage(),
        };
      }
      const usage = usageOf(data.usageMetadata);
      if (usage) monitor.reportUsage(usage);
      id ??= data.responseId;
      answeringModel ??= data.modelVersion;
      const [candidate] = data.candidates ?? [];
      if (!candidate && data.promptFeedback?.blockReason) {
        return failed(
          context,
          'content_filter',
          `blocked the prompt: blockReason ${data.promptFeedback.blockReason}`,
        );
      }
      if (candidate?.content?.parts?.length) monitor.sawToken();
      collector.add(shownText(candidate));
      if (candidate?.finishReason) reason = candidate.finishReason;
    }
  } catch (error) {
    if (reason === null || monitor.interruption()?.kind === 'cancelled') throw error;
  }
  if (seen === 0) return failed(context, 'malformed_response', 'sent an empty stream');
  if (reason === null) return failed(context, 'truncated', 'ended the stream without finishReason');
  const finish = finishOf(reason);
  if (finish.status === 'error') return failed(context, finish.code, finish.what);
  return {
    status: 'ok',
    usage: monitor.usage(),
    completion: {
      id: id ?? `chatcmpl-${randomUUID()}`,
      created: Math.floor(Date.now() / 1_000),
      model: answeringModel ?? model,
      choices: [collector.choice(finish.finishReason)],
    },
  };
}

function failed({ vendor, monitor }: StreamContext, code: AttemptErrorCode, what: string): VendorAnswer {
  const error = attemptErrorOf({ code, message: `${vendor} ${what}`, status: 200 });
  return { status: 'error', error, usage: monitor.usage() };
}
