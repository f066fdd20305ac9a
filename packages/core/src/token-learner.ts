import { DEFAULT_BYTES_PER_TOKEN } from './estimate-tokens.ts';

const WEIGHT_OF_NEW = 0.1;
/** Shorter prompts say more about the message envelope than about the tokenizer. */
const MIN_OBSERVED_BYTES = 64;
/** No tokenizer in use lies outside; an answer that does is a broken usage report. */
const PLAUSIBLE = { min: 0.5, max: 16 };

/** Learns how many bytes a token of each model takes, as a moving average of what providers report. */
export interface TokenLearner {
  bytesPerToken(target: string): number;
  observe(target: string, seen: { promptBytes: number; promptTokens: number }): void;
}

/** Keeps one number per target, so its memory is bounded by the number of targets configured or named. */
export function createTokenLearner({ maxTargets = 10_000 }: { maxTargets?: number } = {}): TokenLearner {
  const learned = new Map<string, number>();
  return {
    bytesPerToken: (target) => learned.get(target) ?? DEFAULT_BYTES_PER_TOKEN,
    observe(target, { promptBytes, promptTokens }) {
      if (promptBytes < MIN_OBSERVED_BYTES || promptTokens <= 0) return;
      const ratio = promptBytes / promptTokens;
      if (ratio < PLAUSIBLE.min || ratio > PLAUSIBLE.max) return;
      if (!learned.has(target) && learned.size >= maxTargets) return;
      const before = learned.get(target) ?? DEFAULT_BYTES_PER_TOKEN;
      learned.set(target, before + WEIGHT_OF_NEW * (ratio - before));
    },
  };
}
