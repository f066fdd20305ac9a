import type { FinishReason } from '@sluice/contracts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  // Mistral.
  model_length: 'length',
};

/** Servers of this format write their own words for a natural end (`eos`, `end_turn`); they all mean stop. */
export function finishReason(reason: string | null | undefined): FinishReason {
  return reason && Object.hasOwn(REASONS, reason) ? (REASONS[reason] as FinishReason) : 'stop';
}
