import type { ChatCompletion, ChatDelta } from '@sluice/contracts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { createChoiceCollector } from '../call/choice-collector.ts';
import type { GoogleCandidate } from './answer-schema.ts';
import { blockedCategories } from './blocked-categories.ts';
import { finishOf, type Finish } from './finish-of.ts';
import { logprobsOf } from './logprobs-of.ts';
import { REASONING_FORMAT } from './reasoning-format.ts';
import { newToolCallId } from './new-tool-call-id.ts';

/** Reads one candidate, from one piece or from many. */
export interface CandidateReader {
  add(piece: GoogleCandidate): void;
  /** Null as long as there was no `finishReason`. */
  finish(): Finish | null;
  choice(): ChatCompletion['choices'][number];
}

export function createCandidateReader({
  index,
  monitor,
  onDelta,
}: {
  index: number;
  monitor: CallMonitor;
  onDelta: (delta: ChatDelta) => void;
}): CandidateReader {
  const collector = createChoiceCollector({ index, monitor, onDelta });
  let finish: Finish | null = null;

  function addPart(part: NonNullable<NonNullable<GoogleCandidate['content']>['parts']>[number]): void {
    const { text, thought, functionCall: call, thoughtSignature: data } = part;
    const detail = { type: 'reasoning.encrypted', format: REASONING_FORMAT } as const;
    if (call) {
      // Each call comes whole, in one piece; pieces of one stream may repeat names and lack ids.
      const id = call.id || newToolCallId();
      const key = `${collector.toolCallCount()}`;
      collector.addToolCall({ key, id, name: call.name, arguments: JSON.stringify(call.args ?? {}) });
      if (data) collector.addReasoningDetail({ ...detail, data, tool_call_id: id });
      return;
    }
    if (text && thought) collector.addReasoning(text);
    else if (text) collector.add(text);
    if (data) collector.addReasoningDetail({ ...detail, data });
  }

  return {
    add(piece) {
      const parts = piece.content?.parts ?? [];
      if (parts.length > 0) monitor.sawToken();
      for (const part of parts) addPart(part);
      collector.addLogprobs(logprobsOf(piece.logprobsResult));
      if (piece.finishReason) {
        finish = finishOf(piece.finishReason, {
          categories: blockedCategories(piece.safetyRatings),
          message: piece.finishMessage ?? null,
        });
      }
    },
    finish: () => finish,
    choice: () => collector.choice(finish?.status === 'ok' ? finish.finishReason : 'content_filter'),
  };
}
