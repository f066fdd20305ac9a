import type { ChatCompletion, ChatRequest, Usage } from '@sluice/contracts';
import { DEFAULT_BYTES_PER_TOKEN, mediaTokens, promptBytes } from '@sluice/core';

/** Usage of an answer whose vendor reported none, from the bytes of prompt and answer. */
export function estimateUsage(request: ChatRequest, choices: ChatCompletion['choices']): Usage {
  const prompt = Math.ceil(promptBytes(request) / DEFAULT_BYTES_PER_TOKEN) + mediaTokens(request);
  const reasoning = tokensOf(choices.map(({ message }) => message.reasoning ?? ''));
  const answer = tokensOf(
    choices.flatMap(({ message }) => [
      message.content ?? '',
      ...(message.tool_calls ?? []).map((call) => call.function.name + call.function.arguments),
    ]),
  );
  return {
    prompt_tokens: prompt,
    completion_tokens: answer + reasoning,
    reasoning_tokens: reasoning,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: prompt + answer + reasoning,
  };
}

function tokensOf(texts: readonly string[]): number {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return Math.ceil(bytes / DEFAULT_BYTES_PER_TOKEN);
}
