import type { SimulatedMedia } from '../simulated-chat.ts';
import type { SimulatedCompletion } from '../simulated-completion.ts';

const MODALITIES: Readonly<Record<SimulatedMedia['kind'], string>> = {
  image: 'IMAGE',
  document: 'DOCUMENT',
  audio: 'AUDIO',
  video: 'VIDEO',
};

function promptDetails({ chat, promptTokens }: SimulatedCompletion): object[] {
  const byModality = new Map<string, number>();
  let media = 0;
  for (const { kind, tokens } of chat.turns.flatMap((turn) => turn.media ?? [])) {
    const modality = MODALITIES[kind];
    byModality.set(modality, (byModality.get(modality) ?? 0) + tokens);
    media += tokens;
  }
  const rest = Array.from(byModality, ([modality, tokenCount]) => ({ modality, tokenCount }));
  return [{ modality: 'TEXT', tokenCount: promptTokens - media }, ...rest];
}

/**
 * Thoughts are beside the candidates, not in them; what came from the cache is in the prompt.
 * `candidatesTokens` is null when there are no candidates.
 */
export function googleUsage(completion: SimulatedCompletion, candidatesTokens: number | null): object {
  const { promptTokens, reasoningTokens, cache } = completion;
  const thoughts = candidatesTokens === null ? 0 : reasoningTokens;
  return {
    promptTokenCount: promptTokens,
    ...(candidatesTokens === null ? {} : { candidatesTokenCount: candidatesTokens }),
    totalTokenCount: promptTokens + (candidatesTokens ?? 0) + thoughts,
    ...(cache.readTokens > 0
      ? {
          cachedContentTokenCount: cache.readTokens,
          cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cache.readTokens }],
        }
      : {}),
    promptTokensDetails: promptDetails(completion),
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
  };
}
