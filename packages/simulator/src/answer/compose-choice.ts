import type { SimulatedChat, SimulatedTool, SimulatedToolCall } from '../vendors/simulated-chat.ts';
import type { SimulatedChoice } from '../vendors/simulated-completion.ts';
import { composeAnswer } from './compose-answer.ts';
import { composeReasoning } from './compose-reasoning.ts';
import { conversationSeed } from './conversation-seed.ts';
import { countTextTokens } from './count-tokens.ts';
import { lastUserText } from './last-user-text.ts';
import { planToolCalls } from './plan-tool-calls.ts';
import { schemaInstance } from './schema-instance.ts';
import { createSeededRandom } from './seeded-random.ts';
import { topicWords } from './topic-words.ts';

export interface ComposeOptions {
  /** Tokens of a plain text. */
  range: { min: number; max: number };
  newToolCallId: () => string;
  promptTokens: number;
  /** Which of several answers. */
  variant: number;
}

function callOf(
  chat: SimulatedChat,
  { name, schema }: SimulatedTool,
  { index, random, newToolCallId }: { index: number; random: () => number; newToolCallId: () => string },
): SimulatedToolCall {
  const words = topicWords(lastUserText(chat));
  const turned = [...words.slice(index % words.length), ...words.slice(0, index % words.length)];
  const input = schema === null ? {} : schemaInstance(schema, { root: schema, random, words: turned });
  return { id: newToolCallId(), name, arguments: JSON.stringify(input) };
}

/** What the vendor's model answers: thoughts, then tool calls or text, within the caller's limit and the window. */
export function composeChoice(
  chat: SimulatedChat,
  { range, newToolCallId, promptTokens, variant }: ComposeOptions,
): SimulatedChoice {
  const random = createSeededRandom(conversationSeed(chat) + variant + 0x51_1c_e0);
  const room = (chat.windowTokens ?? Infinity) - promptTokens;
  const limit = Math.min(chat.maxOutputTokens ?? Infinity, room);
  const cutFinish = limit === room ? 'context_window' : 'length';
  const reasoningTokens = Math.min(chat.thinking?.tokens ?? 0, limit);
  const reasoning = composeReasoning(reasoningTokens, random);
  const left = limit - reasoningTokens;
  const shared = { reasoning, reasoningTokens, stopSequence: null };

  const tools = planToolCalls(chat);
  if (tools.length > 0) {
    const calls = tools.map((tool, index) => callOf(chat, tool, { index, random, newToolCallId }));
    const fitting: SimulatedToolCall[] = [];
    let used = 0;
    for (const call of calls) {
      const room = Math.max(0, left - used - countTextTokens(call.name)) * 4;
      if (room < 4) break;
      // ASCII or not, a cut call is one that did not fit.
      const cut = call.arguments.length > room;
      fitting.push(cut ? { ...call, arguments: call.arguments.slice(0, room) } : call);
      used += countTextTokens(call.name) + countTextTokens(fitting.at(-1)!.arguments);
      if (cut) break;
    }
    const whole = fitting.length === calls.length && fitting.at(-1)?.arguments === calls.at(-1)?.arguments;
    const finish = whole ? 'tool_calls' : cutFinish;
    return { ...shared, text: '', toolCalls: fitting, finish, tokens: reasoningTokens + used };
  }
  const answer = composeAnswer(chat, range, { variant, maxTokens: left === Infinity ? null : left });
  return {
    ...shared,
    text: answer.text,
    toolCalls: [],
    finish: answer.finish === 'length' ? cutFinish : answer.finish,
    stopSequence: answer.stopSequence,
    tokens: reasoningTokens + answer.tokens,
  };
}
