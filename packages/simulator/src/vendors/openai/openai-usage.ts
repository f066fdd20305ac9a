import type { SimulatedCompletion } from '../simulated-completion.ts';

/** Source: OpenAI API reference, "The chat completion object", usage. Reasoning is part of the completion. `cost` is OpenRouter's. */
export function openaiUsage({
  chat,
  promptTokens,
  completionTokens,
  reasoningTokens,
  cache,
  costUsd,
}: SimulatedCompletion): object {
  const audio = chat.turns.flatMap(({ media = [] }) => media).filter(({ kind }) => kind === 'audio');
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: {
      cached_tokens: cache.readTokens,
      audio_tokens: audio.reduce((sum, { tokens }) => sum + tokens, 0),
    },
    completion_tokens_details: {
      reasoning_tokens: reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...(costUsd === undefined ? {} : { cost: costUsd, is_byok: false }),
  };
}
