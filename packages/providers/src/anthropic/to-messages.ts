import type { ContentBlockParam, MessageParam, TextBlockParam } from '@anthropic-ai/sdk/resources/messages';
import type { Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import {
  EMPTY_TEXT,
  type AssistantTurnPart,
  type ConversationTurn,
  type TextBlock,
  type ToolResultPart,
  type UserTurnPart,
} from '../request/build-conversation.ts';
import { isJsonObject } from '../request/json-object.ts';
import { openingWarning } from '../request/opening-turn.ts';
import { parameterDropped } from '../request/parameter-warning.ts';
import { toolArguments } from '../request/tool-arguments.ts';
import { toolCallIds, type ToolCallIds } from '../request/tool-call-ids.ts';
import { cacheControl } from './cache-control.ts';
import { toMediaBlock } from './to-media-block.ts';
import { toToolName } from './to-tool-name.ts';

/** Source: Anthropic API reference, "Messages": pattern of tool_use ids. */
const TOOL_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The turns as messages. Throws `UnsendableRequest` for what Anthropic can't take. */
export function toMessages(
  turns: readonly ConversationTurn[],
  { entry, model }: ProviderCall,
): { messages: MessageParam[]; warnings: Warning[] } {
  const ids = toolCallIds({
    fits: (id) => TOOL_ID.test(id),
    make: (digest) => `toolu_${digest.slice(0, 24)}`,
  });
  const messages: MessageParam[] = [];
  for (const turn of turns) {
    const content =
      turn.role === 'user'
        ? turn.parts.map((part) => userBlock(part, ids))
        : turn.parts.flatMap((part) => assistantBlocks(part, ids));
    if (content.length > 0) messages.push({ role: turn.role, content });
  }
  const warnings = endLikeApi(messages, {
    model,
    refusesPrefill: entry.rejects?.includes('assistant_prefill'),
  });
  if (messages[0]?.role === 'assistant') {
    messages.unshift({ role: 'user', content: [{ type: 'text', text: EMPTY_TEXT }] });
    warnings.push(openingWarning());
  }
  return { messages, warnings };
}

function userBlock(part: UserTurnPart, ids: ToolCallIds): ContentBlockParam {
  if (part.type === 'text') return textBlock(part);
  return part.type === 'tool_result' ? toolResultBlock(part, ids) : toMediaBlock(part);
}

export function textBlock({ text, cache_control: control }: TextBlock): TextBlockParam {
  return { type: 'text', text, ...cacheControl(control) };
}

/** A cache breakpoint inside a result is moved to the result: nested blocks may not carry one. */
function toolResultBlock({ toolCallId, content }: ToolResultPart, ids: ToolCallIds): ContentBlockParam {
  const control = content.findLast((block) => block.cache_control)?.cache_control;
  return {
    type: 'tool_result',
    tool_use_id: ids.ofResult(toolCallId),
    ...(content.length > 0 ? { content: content.map(({ text }) => ({ type: 'text' as const, text })) } : {}),
    ...(saysError(content) ? { is_error: true } : {}),
    ...cacheControl(control),
  };
}

/** The common way to report a failed tool in OpenAI's format, which has no flag for it. */
function saysError(content: readonly TextBlock[]): boolean {
  const text = content.map((block) => block.text).join('');
  if (!/^\s*\{/.test(text)) return false;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) && Boolean(value['error']);
  } catch {
    return false;
  }
}

function assistantBlocks(part: AssistantTurnPart, ids: ToolCallIds): ContentBlockParam[] {
  switch (part.type) {
    case 'text':
      return [textBlock(part)];
    case 'tool_call': {
      const input = toolArguments(part.call);
      const name = toToolName(part.call.function.name);
      return [{ type: 'tool_use', id: ids.ofCall(part.call.id), name, input }];
    }
    case 'reasoning':
      return reasoningBlocks(part.detail);
    default:
      return part satisfies never;
  }
}

/** Only blocks that Anthropic has signed; those of other vendors are left out. */
function reasoningBlocks(detail: (AssistantTurnPart & { type: 'reasoning' })['detail']): ContentBlockParam[] {
  if (detail.format !== 'anthropic-claude-v1') return [];
  if (detail.type === 'reasoning.encrypted' && detail.data) {
    return [{ type: 'redacted_thinking', data: detail.data }];
  }
  return detail.type === 'reasoning.text' && detail.signature
    ? [{ type: 'thinking', thinking: detail.text ?? '', signature: detail.signature }]
    : [];
}

/**
 * The API refuses a conversation that ends with an assistant turn in white space or with thoughts, and some models
 * any such one.
 */
function endLikeApi(
  messages: MessageParam[],
  { model, refusesPrefill = false }: { model: string; refusesPrefill: boolean | undefined },
): Warning[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [];
  if (refusesPrefill && messages.length > 1) {
    messages.pop();
    return [parameterDropped('messages', `${model} refuses a conversation that ends with an assistant turn`)];
  }
  const content = trimEnd(last.content as ContentBlockParam[]).filter(
    (block) => block.type !== 'thinking' && block.type !== 'redacted_thinking',
  );
  if (content.length > 0) last.content = content;
  else messages.pop();
  return [];
}

function trimEnd(blocks: readonly ContentBlockParam[]): ContentBlockParam[] {
  const kept = [...blocks];
  for (let last = kept.at(-1); last?.type === 'text'; last = kept.at(-1)) {
    kept.pop();
    const text = last.text.trimEnd();
    if (text !== '') return [...kept, { ...last, text }];
  }
  return kept;
}
