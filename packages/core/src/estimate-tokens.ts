import { contentText, type ChatRequest } from '@sluice/contracts';
import { mediaTokens } from './media-tokens.ts';

/** Bytes per token before a model has been observed. */
export const DEFAULT_BYTES_PER_TOKEN = 4;

/** Answer tokens that are expected when the caller sets no maximum. */
export const DEFAULT_OUTPUT_TOKENS = 512;

const TOKENS_PER_MESSAGE = 4;

/** Thoughts that are expected beside the answer when the caller asks for an effort and sets no maximum. */
const REASONING_TOKENS = {
  none: 0,
  minimal: 256,
  low: 1_024,
  medium: 4_096,
  high: 8_192,
  xhigh: 16_384,
  max: 32_768,
} as const;

/** UTF-8 bytes of all text in a request, tool calls and schemas included: what estimates are made from. */
export function promptBytes({ messages, tools = [], response_format: format }: ChatRequest): number {
  let bytes = 0;
  for (const message of messages) {
    bytes += Buffer.byteLength(contentText(message.content));
    if (message.role !== 'assistant') continue;
    for (const { function: call } of message.tool_calls ?? []) {
      bytes += Buffer.byteLength(call.name) + Buffer.byteLength(call.arguments);
    }
    for (const detail of message.reasoning_details ?? []) {
      bytes += Buffer.byteLength(detail.text ?? '') + Buffer.byteLength(detail.data ?? '');
    }
  }
  for (const tool of tools) bytes += Buffer.byteLength(JSON.stringify(tool.function));
  if (format?.type === 'json_schema') bytes += Buffer.byteLength(JSON.stringify(format.json_schema));
  return bytes;
}

export interface EstimateOptions {
  /** What the model has been seen to take. Default: {@link DEFAULT_BYTES_PER_TOKEN}. */
  bytesPerToken?: number;
  /** Covers how far single prompts stray from that. Default: 0.1. */
  margin?: number;
  /** The provider's kind, for images and files. Default: the dearest. */
  vendor?: string;
}

/** Expected input and output tokens of one attempt. */
export function estimateTokens(
  request: ChatRequest,
  { bytesPerToken = DEFAULT_BYTES_PER_TOKEN, margin = 0.1, vendor }: EstimateOptions = {},
): { input: number; output: number; total: number } {
  const bare = promptBytes(request) / bytesPerToken;
  const input =
    Math.ceil(bare * (1 + margin)) +
    request.messages.length * TOKENS_PER_MESSAGE +
    mediaTokens(request, vendor);
  const each =
    request.max_completion_tokens ??
    request.max_tokens ??
    DEFAULT_OUTPUT_TOKENS + REASONING_TOKENS[request.reasoning_effort ?? 'none'];
  const output = each * (request.n ?? 1);
  return { input, output, total: input + output };
}
