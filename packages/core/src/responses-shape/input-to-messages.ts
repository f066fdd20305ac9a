import type { ChatRequest } from '@sluice/contracts';
import { decryptReasoning } from './encrypted-reasoning.ts';
import type { InputItem, InputPart } from './response-input.ts';

type Message = ChatRequest['messages'][number];
type Assistant = Extract<Message, { role: 'assistant' }>;
type UserPart = Exclude<Extract<Message, { role: 'user' }>['content'], string>[number];

export type InputMessages =
  | { status: 'ok'; messages: Message[] }
  | { status: 'error'; message: string; param: string };

/**
 * Input items as the turns of a chat. Reasoning, text and function calls of one answer, which Responses keep as
 * items beside each other, become one assistant turn again.
 */
export function inputToMessages(input: string | readonly InputItem[]): InputMessages {
  if (typeof input === 'string') return { status: 'ok', messages: [{ role: 'user', content: input }] };
  const messages: Message[] = [];
  let turn: Assistant | null = null;
  const endTurn = (): void => {
    if (turn && (turn.tool_calls || (turn.content ?? '') !== '' || turn.refusal)) messages.push(turn);
    turn = null;
  };
  for (const [index, item] of input.entries()) {
    if (item.type === 'reasoning') {
      // A turn's reasoning comes before its text.
      if (turn?.content !== undefined || turn?.tool_calls) endTurn();
      turn = addReasoning(turn, item);
    } else if (item.type === 'function_call') {
      turn = addCall(turn, item);
    } else if (item.type === 'function_call_output') {
      endTurn();
      const content = toolText(item.output);
      if (content === null) {
        return {
          status: 'error',
          param: `input.${index}.output`,
          message: 'must be text: files in the output of a function do not work in this release',
        };
      }
      messages.push({ role: 'tool', tool_call_id: item.call_id, content });
    } else if (item.role === 'assistant') {
      if (turn?.content !== undefined || turn?.tool_calls) endTurn();
      turn = { ...(turn ?? { role: 'assistant' }), ...assistantText(item.content) };
    } else {
      endTurn();
      const content = userContent(item.content);
      if (item.role === 'user') {
        const bad = typeof content === 'string' ? -1 : content.findIndex((part) => part === null);
        if (bad >= 0) {
          return {
            status: 'error',
            param: `input.${index}.content.${bad}`,
            message: 'must have file_data or file_url',
          };
        }
        messages.push({ role: 'user', content: content as string | UserPart[] });
      } else {
        const text = toolText(item.content);
        if (text === null) {
          return {
            status: 'error',
            param: `input.${index}.content`,
            message: `must be text in a ${item.role} message`,
          };
        }
        messages.push({ role: item.role, content: text });
      }
    }
  }
  endTurn();
  if (messages.length === 0)
    return { status: 'error', param: 'input', message: 'must hold at least one message' };
  return { status: 'ok', messages };
}

function addReasoning(
  turn: Assistant | null,
  { summary, encrypted_content: encrypted }: Extract<InputItem, { type: 'reasoning' }>,
): Assistant {
  const details = [...(turn?.reasoning_details ?? []), ...decryptReasoning(encrypted)];
  const text = summary.map((part) => part.text).join('\n\n');
  return {
    ...(turn ?? { role: 'assistant' }),
    ...(text ? { reasoning: text } : {}),
    ...(details.length > 0 ? { reasoning_details: details } : {}),
  };
}

function addCall(
  turn: Assistant | null,
  { call_id: id, name, arguments: text }: Extract<InputItem, { type: 'function_call' }>,
): Assistant {
  const call = { id, type: 'function' as const, function: { name, arguments: text } };
  return { ...(turn ?? { role: 'assistant' }), tool_calls: [...(turn?.tool_calls ?? []), call] };
}

function assistantText(
  content: Extract<InputItem, { role: 'assistant' }>['content'],
): Pick<Assistant, 'content' | 'refusal'> {
  if (typeof content === 'string') return { content };
  const text = content.map((part) => (part.type === 'refusal' ? '' : part.text)).join('');
  const refusal = content.map((part) => (part.type === 'refusal' ? part.refusal : '')).join('');
  return { content: text, ...(refusal ? { refusal } : {}) };
}

function userContent(content: string | readonly InputPart[]): string | (UserPart | null)[] {
  return typeof content === 'string' ? content : content.map(userPart);
}

/** Null for a file without data. */
function userPart(part: InputPart): UserPart | null {
  switch (part.type) {
    case 'input_text':
      return { type: 'text', text: part.text };
    case 'input_image':
      return {
        type: 'image_url',
        image_url: { url: part.image_url, ...(part.detail ? { detail: part.detail } : {}) },
      };
    case 'input_file': {
      const data = part.file_data ?? part.file_url;
      if (!data) return null;
      return {
        type: 'file',
        file: { file_data: data, ...(part.filename ? { filename: part.filename } : {}) },
      };
    }
    case 'input_audio':
      return part;
  }
}

/** Null when it holds anything but text. */
function toolText(content: string | readonly InputPart[]): string | null {
  if (typeof content === 'string') return content;
  const texts = content.flatMap((part) => (part.type === 'input_text' ? [part.text] : []));
  return texts.length === content.length ? texts.join('') : null;
}
