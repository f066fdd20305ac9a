import type { AnthropicTurn } from './anthropic-block.ts';
import { AnthropicInvalid } from './anthropic-invalid.ts';

function usesOf({ blocks }: AnthropicTurn): string[] {
  return blocks.flatMap((block) => (block.type === 'tool_use' ? [block.call.id] : []));
}

/** Each tool use is answered at the head of the next turn, once, and nothing else is. */
export function checkAnthropicToolTurns(turns: readonly AnthropicTurn[]): void {
  const seen = new Set<string>();
  turns.forEach((turn, index) => {
    const before = index > 0 ? usesOf(turns[index - 1]!) : [];
    const answered = new Set<string>();
    let isHead = true;
    turn.blocks.forEach((block, place) => {
      const at = `messages.${index}.content.${place}`;
      if (block.type === 'tool_use') {
        if (seen.has(block.call.id)) throw new AnthropicInvalid(`${at}: \`tool_use\` ids must be unique`);
        seen.add(block.call.id);
      }
      if (block.type !== 'tool_result') {
        isHead = false;
        return;
      }
      if (!before.includes(block.toolUseId)) {
        throw new AnthropicInvalid(
          `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${block.toolUseId}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
        );
      }
      if (answered.has(block.toolUseId)) {
        throw new AnthropicInvalid(
          `${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${block.toolUseId}`,
        );
      }
      if (isHead) answered.add(block.toolUseId);
    });
    const open = before.filter((id) => !answered.has(id));
    if (open.length > 0) {
      throw new AnthropicInvalid(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
  });
  const unanswered = usesOf(turns.at(-1)!);
  if (unanswered.length > 0) {
    throw new AnthropicInvalid(
      `messages.${turns.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
    );
  }
}
