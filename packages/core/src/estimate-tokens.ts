import { contentText, type ChatRequest } from '@sluice/contracts';

/** Bytes per token before a model has been observed. */
export const DEFAULT_BYTES_PER_TOKEN = 4;

/** Answer tokens that are expected when the caller sets no maximum. */
export const DEFAULT_OUTPUT_TOKENS = 512;

const TOKENS_PER_MESSAGE = 4;

/** UTF-8 bytes of all text in a request: what estimates are made from. */
export function promptBytes(request: ChatRequest): number {
  return request.messages.reduce((sum, message) => sum + Buffer.byteLength(contentText(message.content)), 0);
}

/**
 * Expected input and output tokens of one attempt. `bytesPerToken` is what the model has been seen to take;
 * the margin covers how far single prompts stray from it.
 */
export function estimateTokens(
  request: ChatRequest,
  { bytesPerToken = DEFAULT_BYTES_PER_TOKEN, margin = 0.1 }: { bytesPerToken?: number; margin?: number } = {},
): { input: number; output: number; total: number } {
  const bare = promptBytes(request) / bytesPerToken;
  const input = Math.ceil(bare * (1 + margin)) + request.messages.length * TOKENS_PER_MESSAGE;
  const output = request.max_completion_tokens ?? request.max_tokens ?? DEFAULT_OUTPUT_TOKENS;
  return { input, output, total: input + output };
}
