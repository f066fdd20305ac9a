import type { ChatCompletion, ChatRequest, Usage } from '@sluice/contracts';
import { DEFAULT_BYTES_PER_TOKEN, mediaTokens, promptBytes } from '@sluice/core';

/** Usage of an answer whose vendor reported none, from the bytes of prompt and answer. */
export function estimateUsage(request: ChatRequest, choices: ChatCompletion['choices']): Usage {
  return estimateUsageOfBytes(request, {
    thoughtBytes: bytesOf(choices.map(({ message }) => message.reasoning ?? '')),
    answerBytes: bytesOf(
      choices.flatMap(({ message }) => [
        message.content ?? '',
        ...(message.tool_calls ?? []).map((call) => call.function.name + call.function.arguments),
      ]),
    ),
  });
}

/** The same, of an answer of which only the size is known. */
export function estimateUsageOfBytes(
  request: ChatRequest,
  { answerBytes, thoughtBytes }: { answerBytes: number; thoughtBytes: number },
): Usage {
  const prompt = Math.ceil(promptBytes(request) / DEFAULT_BYTES_PER_TOKEN) + mediaTokens(request);
  const reasoning = Math.ceil(thoughtBytes / DEFAULT_BYTES_PER_TOKEN);
  const answer = Math.ceil(answerBytes / DEFAULT_BYTES_PER_TOKEN);
  return {
    prompt_tokens: prompt,
    completion_tokens: answer + reasoning,
    reasoning_tokens: reasoning,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: prompt + answer + reasoning,
  };
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
