import type { SimulatedChat, SimulatedTool, SimulatedTurn } from '../vendors/simulated-chat.ts';

/** Tokens that a vendor adds to each message for its role, to each conversation, and to each tool or call. */
const MESSAGE_OVERHEAD = 4;
const CONVERSATION_OVERHEAD = 3;
const TOOL_OVERHEAD = 8;

/** Tokens of a text: UTF-8 bytes / 4, rounded up. A stable approximation, not a tokenizer. */
export function countTextTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

export function countToolTokens({ name, schema }: SimulatedTool): number {
  return TOOL_OVERHEAD + countTextTokens(name) + (schema ? countTextTokens(JSON.stringify(schema)) : 0);
}

function countTurnTokens({ text, toolCalls = [], toolResults = [], media = [] }: SimulatedTurn): number {
  return (
    MESSAGE_OVERHEAD +
    countTextTokens(text) +
    toolCalls.reduce((sum, call) => sum + TOOL_OVERHEAD + countTextTokens(call.name + call.arguments), 0) +
    toolResults.reduce((sum, result) => sum + TOOL_OVERHEAD + countTextTokens(result.text), 0) +
    media.reduce((sum, item) => sum + item.tokens, 0)
  );
}

/** Tokens of a prompt as the simulator bills it: turns, tools and the schema of the answer. */
export function countPromptTokens({ turns, tools = [], output }: SimulatedChat): number {
  return (
    CONVERSATION_OVERHEAD +
    turns.reduce((sum, turn) => sum + countTurnTokens(turn), 0) +
    tools.reduce((sum, tool) => sum + countToolTokens(tool), 0) +
    (output?.kind === 'json_schema' ? countTextTokens(JSON.stringify(output.schema)) : 0)
  );
}
