import type { ChatRequest } from '@sluice/contracts';
import { decryptReasoning } from './encrypted-reasoning.ts';
import type { InputItem } from './response-input.ts';

/** A turn of the assistant that is being put together from items. */
export type AssistantTurn = Extract<ChatRequest['messages'][number], { role: 'assistant' }>;

export function isEmptyTurn({ content, refusal, tool_calls: calls }: AssistantTurn): boolean {
  return !calls && (content ?? '') === '' && !refusal;
}

export function addReasoning(
  turn: AssistantTurn | null,
  { summary, encrypted_content: encrypted }: Extract<InputItem, { type: 'reasoning' }>,
): AssistantTurn {
  const details = [...(turn?.reasoning_details ?? []), ...decryptReasoning(encrypted)];
  const texts = [turn?.reasoning ?? '', ...summary.map((part) => part.text)].filter((text) => text !== '');
  return {
    ...(turn ?? { role: 'assistant' }),
    ...(texts.length > 0 ? { reasoning: texts.join('\n\n') } : {}),
    ...(details.length > 0 ? { reasoning_details: details } : {}),
  };
}

export function addToolCall(
  turn: AssistantTurn | null,
  { call_id: id, name, arguments: text }: Extract<InputItem, { type: 'function_call' }>,
): AssistantTurn {
  const call = { id, type: 'function' as const, function: { name, arguments: text } };
  return { ...(turn ?? { role: 'assistant' }), tool_calls: [...(turn?.tool_calls ?? []), call] };
}

export function addText(
  turn: AssistantTurn | null,
  content: Extract<InputItem, { role: 'assistant' }>['content'],
): AssistantTurn {
  const said = typeof content === 'string' ? [{ type: 'output_text' as const, text: content }] : content;
  const text = said.map((part) => (part.type === 'refusal' ? '' : part.text)).join('');
  const before = typeof turn?.content === 'string' ? turn.content : '';
  const refusal = said.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');
  return {
    ...(turn ?? { role: 'assistant' }),
    content: before && text ? `${before}\n\n${text}` : before + text,
    ...(refusal ? { refusal } : {}),
  };
}
