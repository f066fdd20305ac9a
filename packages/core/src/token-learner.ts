import { DEFAULT_BYTES_PER_TOKEN } from './estimate-tokens.ts';

const WEIGHT_OF_NEW = 0.1;
/** Shorter prompts say more about the message envelope than about the tokenizer. */
const MIN_OBSERVED_BYTES = 64;
/** No tokenizer in use lies outside; an answer that does is a broken usage report. */
const PLAUSIBLE = { min: 0.5, max: 16 };
/** Prompts of a bell curve exceed two standard deviations once in 44. */
const DEVIATIONS = 2;
const MARGIN = { min: 0.05, max: 1 };

/** Bytes per token of one model: smoothed mean, and how far single prompts stray from it. */
export interface TokenRatio {
  mean: number;
  variance: number;
}

/** Of a model that has not been observed: it may stray by a tenth. */
export const FIRST_TOKEN_RATIO: TokenRatio = {
  mean: DEFAULT_BYTES_PER_TOKEN,
  variance: (DEFAULT_BYTES_PER_TOKEN * 0.1) ** 2,
};

/** Observations that nobody else knows of yet. */
export interface ObservedRatios {
  count: number;
  sum: number;
  sumOfSquares: number;
}

/** Learns how many bytes a token of each model takes, as a moving average of what providers report. */
export interface TokenLearner {
  bytesPerToken(target: string): number;
  /** False while nothing is known of the target but the default. */
  hasLearned(target: string): boolean;
  /** What an estimate needs on top, as a share of it, to cover how far single prompts stray. */
  margin(target: string): number;
  observe(target: string, seen: { promptBytes: number; promptTokens: number }): void;
  /** Targets that were asked for or observed since the last call, with what was observed; empties both. */
  takeNews(): ReadonlyMap<string, ObservedRatios>;
  /** Takes over what all processes together have learned. */
  adopt(target: string, ratio: TokenRatio): void;
}

/** Keeps a few numbers per target, so its memory is bounded by the number of targets configured or named. */
export function createTokenLearner({ maxTargets = 10_000 }: { maxTargets?: number } = {}): TokenLearner {
  const learned = new Map<string, TokenRatio>();
  let news = new Map<string, ObservedRatios>();

  const ratioOf = (target: string): TokenRatio => {
    noteUse(target);
    return learned.get(target) ?? FIRST_TOKEN_RATIO;
  };
  const noteUse = (target: string): ObservedRatios | null => {
    const known = news.get(target);
    if (known) return known;
    if (news.size >= maxTargets) return null;
    const fresh = { count: 0, sum: 0, sumOfSquares: 0 };
    news.set(target, fresh);
    return fresh;
  };

  return {
    bytesPerToken: (target) => ratioOf(target).mean,
    hasLearned: (target) => learned.has(target),
    margin(target) {
      const { mean, variance } = ratioOf(target);
      const low = mean - DEVIATIONS * Math.sqrt(variance);
      return low <= 0 ? MARGIN.max : Math.min(MARGIN.max, Math.max(MARGIN.min, mean / low - 1));
    },
    observe(target, { promptBytes, promptTokens }) {
      if (promptBytes < MIN_OBSERVED_BYTES || promptTokens <= 0) return;
      const ratio = promptBytes / promptTokens;
      if (ratio < PLAUSIBLE.min || ratio > PLAUSIBLE.max) return;
      if (!learned.has(target) && learned.size >= maxTargets) return;
      const { mean, variance } = ratioOf(target);
      const off = ratio - mean;
      learned.set(target, {
        mean: mean + WEIGHT_OF_NEW * off,
        variance: (1 - WEIGHT_OF_NEW) * (variance + WEIGHT_OF_NEW * off * off),
      });
      const noted = noteUse(target);
      if (!noted) return;
      noted.count += 1;
      noted.sum += ratio;
      noted.sumOfSquares += ratio * ratio;
    },
    takeNews() {
      const taken = news;
      news = new Map();
      return taken;
    },
    adopt(target, ratio) {
      if (learned.has(target) || learned.size < maxTargets) learned.set(target, ratio);
    },
  };
}
