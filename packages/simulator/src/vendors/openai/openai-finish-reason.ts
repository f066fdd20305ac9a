import type { SimulatedChat } from '../simulated-chat.ts';
import type { SimulatedFinish } from '../simulated-completion.ts';

/** A call of the one tool that the caller named ends with `stop`. Source: OpenAI "Function calling", edge cases. */
export function openaiFinishReason(finish: SimulatedFinish, chat: SimulatedChat): string {
  switch (finish) {
    case 'length':
    case 'context_window':
      return 'length';
    case 'refusal':
    case 'prompt_blocked':
      return 'content_filter';
    case 'tool_calls':
      return chat.toolUse?.named ? 'stop' : 'tool_calls';
    case 'malformed_function_call':
      return chat.tools ? 'tool_calls' : 'stop';
    case 'stop':
    case 'stop_sequence':
      return 'stop';
  }
}
