import type { SimulatedMedia, SimulatedToolCall } from '../simulated-chat.ts';

/** One content block, read. `mark` is its `cache_control`. */
export type AnthropicBlock = { mark: '5m' | '1h' | null } & (
  | { type: 'text'; text: string }
  | { type: 'media'; media: SimulatedMedia }
  | { type: 'tool_use'; call: SimulatedToolCall }
  | { type: 'tool_result'; toolUseId: string; text: string; media: SimulatedMedia[] }
  | { type: 'thinking'; redacted: boolean }
);

export interface AnthropicTurn {
  role: 'user' | 'assistant';
  blocks: AnthropicBlock[];
}
