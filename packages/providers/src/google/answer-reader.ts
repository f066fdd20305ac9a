import { randomUUID } from 'node:crypto';
import type { AttemptErrorCode, ChatDelta } from '@sluice/contracts';
import type { CallMonitor } from '../call/call-monitor.ts';
import type { VendorAnswer } from '../call/vendor-answer.ts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';
import { errorOfStatus } from '../errors/error-of-status.ts';
import { answerSchema, type GoogleAnswer } from './answer-schema.ts';
import { blockedCategories } from './blocked-categories.ts';
import { createCandidateReader, type CandidateReader } from './candidate-reader.ts';
import { usageOf } from './usage-of.ts';

export interface AnswerContext {
  vendor: string;
  model: string;
  monitor: CallMonitor;
  /** What the answer is billed as; null when it did not say. */
  serviceTier: string | null;
  /** Called with each piece of a stream; of no use for a plain answer. */
  onDelta: (delta: ChatDelta) => void;
}

/** Reads an answer, whole or in pieces: each piece of a stream has the shape of a whole answer. */
export interface AnswerReader {
  /** An answer when this piece ends it with an error; else null. */
  add(raw: unknown): VendorAnswer | null;
  /** Whether every candidate has its `finishReason`. */
  isComplete(): boolean;
  /** What came, once there is no more. `whole` counts a candidate without `finishReason` as ended. */
  result(options: { whole: boolean }): VendorAnswer;
}

export function createAnswerReader({
  vendor,
  model,
  monitor,
  serviceTier,
  onDelta,
}: AnswerContext): AnswerReader {
  const candidates = new Map<number, CandidateReader>();
  let id: string | undefined;
  let answeringModel: string | undefined;
  let pieces = 0;

  const failed = (code: AttemptErrorCode, what: string): VendorAnswer => ({
    status: 'error',
    error: attemptErrorOf({ code, message: `${vendor} ${what}`, status: 200 }),
    usage: monitor.usage(),
  });
  const isComplete = (): boolean =>
    candidates.size > 0 && [...candidates.values()].every((candidate) => candidate.finish() !== null);

  return {
    add(raw) {
      const parsed = answerSchema.safeParse(raw);
      if (!parsed.success) return failed('malformed_response', 'sent what is no answer');
      const { data } = parsed;
      pieces += 1;
      if (data.error) {
        const facts = { vendor, status: data.error.code ?? 500, answeredStatus: 200, retryAfterMs: null };
        const error = errorOfStatus({ ...facts, text: data.error.message });
        return { status: 'error', error, usage: monitor.usage() };
      }
      const usage = usageOf(data.usageMetadata);
      if (usage) monitor.reportUsage(usage);
      id ??= data.responseId;
      answeringModel ??= data.modelVersion;
      if (!data.candidates?.length && data.promptFeedback?.blockReason)
        return failed('content_filter', `blocked the prompt: ${blockOf(data.promptFeedback)}`);
      for (const [at, piece] of (data.candidates ?? []).entries()) {
        const index = piece.index ?? at;
        const reader = candidates.get(index) ?? createCandidateReader({ index, monitor, onDelta });
        candidates.set(index, reader);
        reader.add(piece);
      }
      return null;
    },
    isComplete,
    result({ whole }) {
      if (pieces === 0) return failed('malformed_response', 'sent an empty stream');
      if (candidates.size === 0 && whole)
        return failed('malformed_response', 'sent an answer without candidates');
      if (!whole && !isComplete()) return failed('truncated', 'ended the stream without finishReason');
      const readers = [...candidates].toSorted(([left], [right]) => left - right).map(([, reader]) => reader);
      const errors = readers.map((reader) => reader.finish()).filter((finish) => finish?.status === 'error');
      // Of several answers the blocked ones are marked; one that broke makes the call worth another try.
      const [worst] = errors.filter(
        (error) => error.code !== 'content_filter' || errors.length === readers.length,
      );
      if (worst) return failed(worst.code, worst.what);
      return {
        status: 'ok',
        usage: monitor.usage(),
        completion: {
          id: id ?? `chatcmpl-${randomUUID()}`,
          created: Math.floor(Date.now() / 1_000),
          model: answeringModel ?? model,
          choices: readers.map((reader) => reader.choice()),
          ...(serviceTier === null ? {} : { service_tier: serviceTier }),
        },
      };
    },
  };
}

function blockOf({
  blockReason,
  blockReasonMessage,
  safetyRatings,
}: NonNullable<GoogleAnswer['promptFeedback']>): string {
  const categories = blockedCategories(safetyRatings);
  return [
    `blockReason ${blockReason}`,
    ...(categories.length > 0 ? [`categories: ${categories.join(', ')}`] : []),
    ...(blockReasonMessage ? [blockReasonMessage] : []),
  ].join('; ');
}
