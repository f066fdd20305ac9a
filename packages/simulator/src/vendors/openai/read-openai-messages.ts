import type { SimulatedTurn } from '../simulated-chat.ts';
import { isObject } from '../is-object.ts';
import { checkOpenaiToolTurns, type OpenaiTurnShape } from './check-openai-tool-turns.ts';
import { openaiFields } from './openai-fields.ts';
import { openaiRefuse } from './openai-refuse.ts';
import { readOpenaiContent } from './read-openai-content.ts';
import { readOpenaiString } from './read-openai-string.ts';
import { readOpenaiToolCalls } from './read-openai-tool-calls.ts';

const ROLE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  system: ['role', 'content', 'name'],
  developer: ['role', 'content', 'name'],
  user: ['role', 'content', 'name'],
  assistant: ['role', 'content', 'name', 'refusal', 'tool_calls', 'function_call', 'audio', 'annotations'],
  tool: ['role', 'content', 'tool_call_id'],
};
const MAX_IMAGES = 500;

interface Read {
  shape: OpenaiTurnShape;
  turn: SimulatedTurn;
}

function roleOf(message: unknown, at: string): string {
  if (!isObject(message)) {
    return openaiRefuse(`Invalid type for '${at}': expected an object.`, at, 'invalid_type');
  }
  const { role } = message;
  if (typeof role !== 'string') {
    return openaiRefuse(
      `Missing required parameter: '${at}.role'.`,
      `${at}.role`,
      'missing_required_parameter',
    );
  }
  if (!(role in ROLE_FIELDS)) {
    openaiRefuse(
      `Invalid value: '${role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`,
      `${at}.role`,
      'invalid_value',
    );
  }
  return role;
}

function readMessage(
  value: unknown,
  { index, model, lenient }: { index: number; model: string; lenient: boolean },
): Read {
  const at = `messages[${index}]`;
  const role = roleOf(value, at);
  const message = openaiFields(value, { at, fields: ROLE_FIELDS[role]!, lenient });
  const toolCalls =
    role === 'assistant'
      ? readOpenaiToolCalls(message['tool_calls'], { at: `${at}.tool_calls`, lenient })
      : [];
  const mayBeEmpty = toolCalls.length > 0 || typeof message['refusal'] === 'string';
  const isEmpty = message['content'] === null || message['content'] === undefined;
  const { text, media } =
    isEmpty && mayBeEmpty
      ? { text: '', media: [] }
      : readOpenaiContent(message['content'], { at: `${at}.content`, index, role, model, lenient });
  const callIds = toolCalls.map(({ id }) => id);
  if (role === 'tool') {
    const answers = readOpenaiString(message['tool_call_id'], `${at}.tool_call_id`);
    return {
      shape: { role, callIds, answers },
      turn: { role: 'user', text: '', toolResults: [{ name: null, text }] },
    };
  }
  const turnRole = role === 'developer' ? 'system' : (role as SimulatedTurn['role']);
  const turn: SimulatedTurn = {
    role: turnRole,
    text,
    ...(toolCalls.length > 0 ? { toolCalls } : {}),
    ...(media.length > 0 ? { media } : {}),
  };
  return { shape: { role, callIds, answers: null }, turn };
}

/** Results that follow one another answer one turn, and know the names of what they answer. */
function joinResults(reads: readonly Read[]): SimulatedTurn[] {
  const names = new Map<string, string>();
  const turns: SimulatedTurn[] = [];
  for (const { shape, turn } of reads) {
    for (const call of turn.toolCalls ?? []) names.set(call.id, call.name);
    const name = shape.answers === null ? null : (names.get(shape.answers) ?? null);
    const results = turn.toolResults?.map((result) => ({ ...result, name }));
    const before = turns.at(-1);
    if (results && before?.toolResults) before.toolResults.push(...results);
    else turns.push(results ? { ...turn, toolResults: results } : turn);
  }
  return turns;
}

/** The conversation of a chat-completions request, or OpenAI's refusal. `lenient` lets unknown fields pass. */
export function readOpenaiMessages(
  messages: unknown,
  { model, lenient }: { model: string; lenient: boolean },
): SimulatedTurn[] {
  if (messages === undefined || messages === null) {
    openaiRefuse("Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter');
  }
  if (!Array.isArray(messages)) {
    return openaiRefuse(
      `Invalid type for 'messages': expected an array of objects, but got ${typeof messages === 'string' ? 'a string' : 'an object'} instead.`,
      'messages',
      'invalid_type',
    );
  }
  if (messages.length === 0) {
    openaiRefuse(
      "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
      'messages',
      'empty_array',
    );
  }
  const reads = messages.map((message: unknown, index) => readMessage(message, { index, model, lenient }));
  checkOpenaiToolTurns(reads.map(({ shape }) => shape));
  const images = reads.flatMap(({ turn }) => turn.media ?? []).filter(({ kind }) => kind === 'image').length;
  if (images > MAX_IMAGES) {
    openaiRefuse(
      `Too many images in request. Expected at most ${MAX_IMAGES} images, but got ${images} instead.`,
      'messages',
      'invalid_value',
    );
  }
  return joinResults(reads);
}
