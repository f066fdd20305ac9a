import type { ChatRequest, Usage } from '@sluice/contracts';
import { estimateUsageOfBytes } from './estimate-usage.ts';

export interface UsageSoFar {
  usage: Usage | null;
  /** More has been streamed than the vendor had told of. */
  isEstimated: boolean;
}

/**
 * What a stream that ended early has used. Vendors tell at the end (OpenAI), or first a placeholder (Anthropic), and
 * charge for what they have sent: where they have not told of at least half of it, it is estimated from the text.
 */
export function usageSoFar(
  reported: Usage | null,
  { request, streamed }: { request: ChatRequest; streamed: { answerBytes: number; thoughtBytes: number } },
): UsageSoFar {
  if (streamed.answerBytes + streamed.thoughtBytes === 0) return { usage: reported, isEstimated: false };
  const estimate = estimateUsageOfBytes(request, streamed);
  if (reported && reported.completion_tokens * 2 >= estimate.completion_tokens)
    return { usage: reported, isEstimated: false };
  if (!reported) return { usage: estimate, isEstimated: true };
  const { completion_tokens: completion, reasoning_tokens: reasoning } = estimate;
  return {
    usage: {
      ...reported,
      completion_tokens: completion,
      reasoning_tokens: Math.max(reasoning, reported.reasoning_tokens),
      total_tokens: reported.prompt_tokens + completion,
    },
    isEstimated: true,
  };
}
