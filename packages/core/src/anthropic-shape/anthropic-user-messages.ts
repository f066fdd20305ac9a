import type { ChatMessage, UserPart, Warning } from '@sluice/contracts';
import type { AnthropicUserBlock } from './anthropic-content.ts';
import { anthropicParts, markOf } from './anthropic-parts.ts';

type ToolResult = Extract<AnthropicUserBlock, { type: 'tool_result' }>;
type ToolMessage = Extract<ChatMessage, { role: 'tool' }>;

interface Read {
  messages: ChatMessage[];
  warnings: Warning[];
}

/** A failed tool's text, in the form that adapters recognise as an error. */
function errorText(text: string): string {
  return JSON.stringify({ error: text });
}

/** The result as a tool message; `beside` are its images and documents, which a tool message can not hold. */
function toolMessage(
  { tool_use_id: id, content = '', is_error: isError, cache_control: cacheControl }: ToolResult,
  param: string,
): { message: ToolMessage; beside: UserPart[]; warnings: Warning[] } {
  const mark = markOf(cacheControl);
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  const read = blocks.map((block) => anthropicParts(block, param));
  const parts = read.flatMap((each) => each.parts);
  const warnings = read.flatMap((each) => each.warnings);
  const texts = parts.filter((part) => part.type === 'text');
  const media = parts.filter((part) => part.type !== 'text');
  const text = texts.map((part) => part.text).join('');
  const isPlain = !mark.cache_control && texts.every((part) => !part.cache_control);
  const kept = isError ? [{ type: 'text' as const, text: errorText(text), ...mark }] : texts;
  const last = kept.at(-1);
  if (last && mark.cache_control && !isError) kept.splice(-1, 1, { ...last, ...mark });
  const message: ToolMessage = {
    role: 'tool',
    tool_call_id: id,
    content: isPlain || kept.length === 0 ? (isError ? errorText(text) : text) : kept,
  };
  if (media.length === 0) return { message, beside: [], warnings };
  return {
    message,
    beside: [{ type: 'text', text: `Of the tool result ${id}:` }, ...media],
    warnings: [
      ...warnings,
      {
        code: 'parameter_changed',
        message: `${param}.content was changed: its images and documents follow the result in a user message.`,
        param: `${param}.content`,
      },
    ],
  };
}

/** A user turn as messages: its tool results first, one each, then what the user says. */
export function anthropicUserMessages(content: string | readonly AnthropicUserBlock[], param: string): Read {
  if (typeof content === 'string') return { messages: [{ role: 'user', content }], warnings: [] };
  const messages: ChatMessage[] = [];
  const parts: UserPart[] = [];
  const warnings: Warning[] = [];
  content.forEach((block, index) => {
    const at = `${param}.${index}`;
    if (block.type === 'tool_result') {
      const result = toolMessage(block, at);
      messages.push(result.message);
      parts.push(...result.beside);
      warnings.push(...result.warnings);
    } else {
      const read = anthropicParts(block, at);
      parts.push(...read.parts);
      warnings.push(...read.warnings);
    }
  });
  const [only] = parts;
  if (parts.length === 1 && only?.type === 'text' && !only.cache_control) {
    messages.push({ role: 'user', content: only.text });
  } else if (parts.length > 0) {
    messages.push({ role: 'user', content: parts });
  }
  return { messages, warnings };
}
