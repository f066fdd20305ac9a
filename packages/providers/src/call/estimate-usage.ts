import type { ChatRequest, Usage } from '@sluice/contracts';
import { DEFAULT_BYTES_PER_TOKEN, promptBytes } from '@sluice/core';

/** Usage of an answer whose vendor reported none, from the bytes of prompt and answer. */
export function estimateUsage(request: ChatRequest, content: string): Usage {
  const prompt = Math.ceil(promptBytes(request) / DEFAULT_BYTES_PER_TOKEN);
  const completion = Math.ceil(Buffer.byteLength(content) / DEFAULT_BYTES_PER_TOKEN);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    total_tokens: prompt + completion,
  };
}
