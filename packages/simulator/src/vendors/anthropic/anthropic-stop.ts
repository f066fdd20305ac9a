import type { SimulatedChoice, SimulatedFinish } from '../simulated-completion.ts';

const REASONS: Readonly<Record<SimulatedFinish, string>> = {
  stop: 'end_turn',
  stop_sequence: 'stop_sequence',
  length: 'max_tokens',
  context_window: 'model_context_window_exceeded',
  tool_calls: 'tool_use',
  malformed_function_call: 'tool_use',
  refusal: 'refusal',
  prompt_blocked: 'refusal',
};

/** Why the message ended, in the fields that a message and its last delta share. */
export function anthropicStop({ finish, stopSequence, toolCalls }: SimulatedChoice): object {
  const isEmptyCall = finish === 'malformed_function_call' && toolCalls.length === 0;
  const refused = finish === 'refusal' || finish === 'prompt_blocked';
  return {
    stop_reason: isEmptyCall ? 'end_turn' : REASONS[finish],
    stop_sequence: stopSequence,
    stop_details: refused
      ? { type: 'refusal', category: null, explanation: 'The request was declined by the safety system.' }
      : null,
  };
}
