import type { ChatRequest, UserPart, Warning } from '@sluice/contracts';
import { addReasoning, addText, addToolCall, isEmptyTurn, type AssistantTurn } from './assistant-turn.ts';
import type { InputItem, InputPart } from './response-input.ts';

type Message = ChatRequest['messages'][number];
type Result = Extract<InputItem, { type: 'function_call_output' }>;

export type InputMessages = { status: 'ok'; messages: Message[]; warnings: Warning[] } | InputFault;
interface InputFault {
  status: 'error';
  message: string;
  param: string;
}

/**
 * Input items as the turns of a chat. Reasoning, text and function calls of one answer, which Responses keep as
 * items beside each other in any order, become one assistant turn again. Files in the result of a function, for which
 * chats have no place, follow the results in a user message.
 */
export function inputToMessages(input: string | readonly InputItem[]): InputMessages {
  if (typeof input === 'string')
    return { status: 'ok', messages: [{ role: 'user', content: input }], warnings: [] };
  const messages: Message[] = [];
  const warnings: Warning[] = [];
  let turn: AssistantTurn | null = null;
  let beside: UserPart[] = [];
  /** Calls want their results next: whatever of the assistant's stands between belongs to the turn that calls. */
  const endTurn = (): void => {
    if (turn && !isEmptyTurn(turn)) messages.push(turn);
    turn = null;
  };
  const endResults = (): void => {
    if (beside.length > 0) messages.push({ role: 'user', content: beside });
    beside = [];
  };
  for (const [index, item] of input.entries()) {
    const param = `input.${index}`;
    if (item.type === 'function_call_output') {
      endTurn();
      const result = readResult(item, param);
      if ('status' in result) return result;
      messages.push(result.message);
      beside.push(...result.beside);
      if (result.beside.length > 0) warnings.push(filesMoved(param));
      continue;
    }
    endResults();
    if (item.type === 'function_call') {
      turn = addToolCall(turn, item);
    } else if (item.type === 'reasoning') {
      // A turn's reasoning comes before its text.
      if (turn?.content !== undefined && !turn.tool_calls) endTurn();
      turn = addReasoning(turn, item);
    } else if (!('role' in item)) {
      return fault(`${param}.id`, 'names no item of an earlier response that is kept here');
    } else if (item.role === 'assistant') {
      if (turn?.content !== undefined && !turn.tool_calls) endTurn();
      turn = addText(turn, item.content);
    } else {
      endTurn();
      const message = readMessage(item, param);
      if ('status' in message) return message;
      messages.push(message);
    }
  }
  endTurn();
  endResults();
  return messages.length === 0
    ? fault('input', 'must hold at least one message')
    : { status: 'ok', messages, warnings };
}

function fault(param: string, message: string): InputFault {
  return { status: 'error', param, message };
}

function filesMoved(param: string): Warning {
  return {
    code: 'parameter_changed',
    message: `${param}.output was changed: its files follow the result in a user message.`,
    param: `${param}.output`,
  };
}

function readResult(
  { call_id: id, output }: Result,
  param: string,
): { message: Message; beside: UserPart[] } | InputFault {
  const parts = readParts(output, `${param}.output`);
  if ('status' in parts) return parts;
  const files = parts.filter((part) => part.type !== 'text');
  return {
    message: { role: 'tool', tool_call_id: id, content: textOf(parts) },
    beside: files.length > 0 ? [{ type: 'text', text: `Of the tool result ${id}:` }, ...files] : [],
  };
}

function readMessage(
  { role, content }: Extract<InputItem, { role: 'user' | 'system' | 'developer' }>,
  param: string,
): Message | InputFault {
  if (typeof content === 'string') return { role, content };
  const parts = readParts(content, `${param}.content`);
  if ('status' in parts) return parts;
  if (role === 'user') return { role, content: parts };
  return parts.every((part) => part.type === 'text')
    ? { role, content: textOf(parts) }
    : fault(`${param}.content`, `must be text in a ${role} message`);
}

function readParts(content: string | readonly InputPart[], param: string): UserPart[] | InputFault {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  const parts: UserPart[] = [];
  for (const [index, part] of content.entries()) {
    const read = userPart(part);
    if (!read) return fault(`${param}.${index}`, 'must have file_data or file_url');
    parts.push(read);
  }
  return parts;
}

function textOf(parts: readonly UserPart[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
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
