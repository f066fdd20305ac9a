/** Tokens that a vendor adds to each message for its role, and to each conversation. */
const MESSAGE_OVERHEAD = 4;
const CONVERSATION_OVERHEAD = 3;

/** Tokens of a text: UTF-8 bytes / 4, rounded up. A stable approximation, not a tokenizer. */
export function countTextTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** Tokens of a conversation as the simulator bills it. */
export function countPromptTokens(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + MESSAGE_OVERHEAD + countTextTokens(text), CONVERSATION_OVERHEAD);
}
