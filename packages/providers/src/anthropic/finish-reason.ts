import type { FinishReason } from '@sluice/contracts';

/** Source: Anthropic's guide "Stop reasons". */
const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

/** Reasons that are not known yet count as a natural end. */
export function finishReason(reason: string | null | undefined): FinishReason {
  return reason && Object.hasOwn(REASONS, reason) ? (REASONS[reason] as FinishReason) : 'stop';
}
