import type { ChatMessage, ReasoningDetail, ToolCall, Warning } from '@sluice/contracts';
import type { AnthropicAssistantBlock } from './anthropic-content.ts';
import { markOf } from './anthropic-parts.ts';

type AssistantMessage = Extract<ChatMessage, { role: 'assistant' }>;

const FORMAT = 'anthropic-claude-v1';

/** An assistant turn as one message: thoughts as reasoning details, in their order and with their signatures. */
export function anthropicAssistantMessage(
  content: string | readonly AnthropicAssistantBlock[],
  param: string,
): { message: AssistantMessage; warnings: Warning[] } {
  if (typeof content === 'string') return { message: { role: 'assistant', content }, warnings: [] };
  const texts: { type: 'text'; text: string }[] = [];
  const calls: ToolCall[] = [];
  const details: ReasoningDetail[] = [];
  const warnings: Warning[] = [];
  content.forEach((block, index) => {
    switch (block.type) {
      case 'text':
        texts.push({ type: 'text', text: block.text, ...markOf(block.cache_control) });
        break;
      case 'tool_use':
        calls.push({
          id: block.id,
          type: 'function',
          function: { name: block.name, arguments: JSON.stringify(block.input) },
        });
        if (block.cache_control) {
          const place = `${param}.${index}.cache_control`;
          const message = `${place} was not kept: tool calls carry no cache mark.`;
          warnings.push({ code: 'parameter_dropped', message, param: place });
        }
        break;
      case 'thinking': {
        const { thinking: text, signature } = block;
        details.push({ type: 'reasoning.text', format: FORMAT, index, text, signature });
        break;
      }
      case 'redacted_thinking':
        details.push({ type: 'reasoning.encrypted', format: FORMAT, index, data: block.data });
    }
  });
  const [only] = texts;
  const isPlain = texts.length === 1 && only !== undefined && !('cache_control' in only);
  const message: AssistantMessage = {
    role: 'assistant',
    content: texts.length === 0 ? (calls.length > 0 ? null : '') : isPlain ? only.text : texts,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(details.length > 0 ? { reasoning_details: details } : {}),
  };
  return { message, warnings };
}
