import type { SimulatedTurn } from '../simulated-chat.ts';
import type { AnthropicTurn } from './anthropic-block.ts';

/** The turns in the simulator's own form; results know the names of the tools that they answer. */
export function anthropicTurns(turns: readonly AnthropicTurn[]): SimulatedTurn[] {
  const names = new Map<string, string>();
  return turns.map(({ role, blocks }) => {
    const turn: SimulatedTurn = { role, text: '' };
    for (const block of blocks) {
      switch (block.type) {
        case 'text':
          turn.text += block.text;
          break;
        case 'media':
          (turn.media ??= []).push(block.media);
          break;
        case 'tool_use':
          names.set(block.call.id, block.call.name);
          (turn.toolCalls ??= []).push(block.call);
          break;
        case 'tool_result':
          (turn.toolResults ??= []).push({ name: names.get(block.toolUseId) ?? null, text: block.text });
          if (block.media.length > 0) (turn.media ??= []).push(...block.media);
          break;
        case 'thinking':
      }
    }
    return turn;
  });
}
