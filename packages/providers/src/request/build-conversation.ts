import type { CacheControl, ChatRequest, Warning } from '@sluice/contracts';
import { parameterChanged, parameterDropped } from './parameter-warning.ts';

type Message = ChatRequest['messages'][number];
type MessageOf<Role extends Message['role']> = Extract<Message, { role: Role }>;
type UserMessagePart = Exclude<MessageOf<'user'>['content'], string>[number];

/** What the user says who says nothing, where nothing is refused. */
export const EMPTY_TEXT = '.';

export interface TextBlock {
  type: 'text';
  text: string;
  cache_control?: Readonly<CacheControl> | undefined;
}

export interface ToolResultPart {
  type: 'tool_result';
  toolCallId: string;
  /** Of the call that it answers; null when the conversation holds no such call. */
  toolName: string | null;
  /** None is empty. */
  content: TextBlock[];
}

/** Text (never empty), media and tool results. */
export type UserTurnPart = UserMessagePart | ToolResultPart;

export type AssistantTurnPart =
  | { type: 'reasoning'; detail: NonNullable<MessageOf<'assistant'>['reasoning_details']>[number] }
  | TextBlock
  | { type: 'tool_call'; call: NonNullable<MessageOf<'assistant'>['tool_calls']>[number] };

export type ConversationTurn =
  | { role: 'user'; parts: UserTurnPart[] }
  | { role: 'assistant'; parts: AssistantTurnPart[] };

export interface Conversation {
  /** All system and developer messages, wherever they stood; none is empty. */
  system: TextBlock[];
  /** Turns of alternating roles, none without parts. */
  turns: ConversationTurn[];
  warnings: Warning[];
}

/**
 * The conversation for vendors that keep instructions apart and want alternating roles: system and developer
 * messages hoisted, neighbours of one role merged, all results of one turn's tool calls in one user turn, ahead of
 * what the user adds; empty texts skipped, but for one of the user at the end. A conversation of instructions alone becomes one user turn, as those
 * vendors refuse one without turns. Neighbouring assistant messages keep the order reasoning, text, calls in each.
 */
export function buildConversation({ messages }: ChatRequest): Conversation {
  const system: TextBlock[] = [];
  const turns: ConversationTurn[] = [];
  const toolNames = new Map<string, string>();
  for (const message of messages) {
    switch (message.role) {
      case 'system':
      case 'developer':
        system.push(...textBlocks(message.content));
        break;
      case 'assistant':
        for (const call of message.tool_calls ?? []) toolNames.set(call.id, call.function.name);
        addToTurn(turns, 'assistant', assistantParts(message));
        break;
      case 'tool':
        addToTurn(turns, 'user', [toolResult(message, toolNames)]);
        break;
      default:
        addToTurn(turns, 'user', userParts(message));
    }
  }
  const warnings = nameWarnings(messages);
  if (messages.at(-1)?.role === 'user' && turns.at(-1)?.role === 'assistant') {
    // Left out, the vendor would go on with the assistant's last words.
    turns.push({ role: 'user', parts: [{ type: 'text', text: EMPTY_TEXT }] });
    warnings.push(parameterChanged('messages', `the last one, which is empty, was sent as "${EMPTY_TEXT}"`));
  }
  if (turns.length > 0 || system.length === 0) return { system, turns, warnings };
  return {
    system: [],
    turns: [{ role: 'user', parts: system }],
    warnings: [
      ...warnings,
      parameterChanged('messages', 'sent as a user turn, as there are only system messages'),
    ],
  };
}

function addToTurn(
  turns: ConversationTurn[],
  role: ConversationTurn['role'],
  parts: readonly (UserTurnPart | AssistantTurnPart)[],
): void {
  if (parts.length === 0) return;
  const last = turns.at(-1);
  const turn: ConversationTurn = last?.role === role ? last : { role, parts: [] };
  if (turn !== last) turns.push(turn);
  const all = [...turn.parts, ...parts];
  turn.parts = [
    ...all.filter((part) => part.type === 'tool_result'),
    ...all.filter((part) => part.type !== 'tool_result'),
  ] as typeof turn.parts;
}

function textBlocks(content: MessageOf<'system' | 'tool'>['content']): TextBlock[] {
  const parts: readonly TextBlock[] =
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return parts.filter((part) => part.text !== '');
}

function userParts({ content }: MessageOf<'user'>): UserTurnPart[] {
  if (typeof content === 'string') return textBlocks(content);
  return content.filter((part) => part.type !== 'text' || part.text !== '');
}

/** A refusal is what the assistant said: text to every other model. */
function assistantParts(message: MessageOf<'assistant'>): AssistantTurnPart[] {
  const { content, refusal, reasoning_details: details = [], tool_calls: calls = [] } = message;
  const texts: TextBlock[] = [];
  if (typeof content === 'string') texts.push({ type: 'text', text: content });
  else {
    for (const part of content ?? []) {
      texts.push(part.type === 'refusal' ? { type: 'text', text: part.refusal } : part);
    }
  }
  if (refusal) texts.push({ type: 'text', text: refusal });
  return [
    ...details.map((detail) => ({ type: 'reasoning' as const, detail })),
    ...texts.filter(({ text }) => text !== ''),
    ...calls.map((call) => ({ type: 'tool_call' as const, call })),
  ];
}

function toolResult(message: MessageOf<'tool'>, toolNames: ReadonlyMap<string, string>): ToolResultPart {
  return {
    type: 'tool_result',
    toolCallId: message.tool_call_id,
    toolName: toolNames.get(message.tool_call_id) ?? null,
    content: textBlocks(message.content),
  };
}

function nameWarnings(messages: readonly Message[]): Warning[] {
  const named = messages.some((message) => message.role !== 'tool' && message.name !== undefined);
  return named ? [parameterDropped('messages.name', 'the provider knows no names of participants')] : [];
}
