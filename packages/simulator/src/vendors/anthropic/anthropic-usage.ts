import type { SimulatedCompletion } from '../simulated-completion.ts';

/** Tokens of the prompt; `input_tokens` leaves out what was read from or written to the cache. */
export function anthropicInputUsage({ promptTokens, cache }: SimulatedCompletion): Record<string, unknown> {
  const written = cache.write5mTokens + cache.write1hTokens;
  return {
    input_tokens: promptTokens - cache.readTokens - written,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cache.readTokens,
  };
}

/** The usage of a message. `outputTokens` is 1 at the start of a stream. */
export function anthropicUsage(completion: SimulatedCompletion, outputTokens: number): object {
  const { chat, cache, reasoningTokens } = completion;
  return {
    ...anthropicInputUsage(completion),
    cache_creation: {
      ephemeral_5m_input_tokens: cache.write5mTokens,
      ephemeral_1h_input_tokens: cache.write1hTokens,
    },
    output_tokens: outputTokens,
    ...(chat.thinking ? { output_tokens_details: { thinking_tokens: reasoningTokens } } : {}),
    service_tier: chat.serviceTier,
    inference_geo: 'not_available',
  };
}
