import type { ImageSize } from './image-size.ts';

export interface ImageFacts {
  /** Null when not known, as of an image behind a URL. */
  size: ImageSize | null;
  detail: 'auto' | 'low' | 'high' | 'original';
}

/** What an image of unknown size is taken for. */
const USUAL: ImageSize = { width: 1_024, height: 1_024 };

/** Input tokens that an image takes at a vendor; where vendors are not known, at the dearest of them. */
export function imageTokens(image: ImageFacts, vendor?: string): number {
  switch (vendor) {
    case 'openai':
      return openAiTokens(image);
    case 'anthropic':
      return anthropicTokens(image);
    case 'google':
      return googleTokens(image);
    default:
      return Math.max(openAiTokens(image), anthropicTokens(image), googleTokens(image));
  }
}

/** Patches of 32 pixels; `original` has as many as it needs. Source: OpenAI's guide "Images and vision". */
const PATCH = 32;
const MOST_PATCHES = 10_000;

/**
 * Tiles of 512 after fitting into 2048 × 2048 and a shorter side of at most 768.
 * Source: OpenAI's guide "Images and vision", cost of GPT-4o and GPT-4.1; newer models count patches and take less.
 */
function openAiTokens({ size, detail }: ImageFacts): number {
  if (detail === 'low') return 85;
  const { width, height } = size ?? USUAL;
  if (detail === 'original') {
    return Math.min(MOST_PATCHES, Math.ceil(width / PATCH) * Math.ceil(height / PATCH));
  }
  const fit = Math.min(1, 2_048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit));
  const tiles = Math.ceil((width * fit * shrink) / 512) * Math.ceil((height * fit * shrink) / 512);
  return 85 + 170 * tiles;
}

/** Pixels ÷ 750 after fitting the longer side into 1568. Source: Anthropic's guide "Vision". */
function anthropicTokens({ size }: ImageFacts): number {
  const { width, height } = size ?? USUAL;
  const fit = Math.min(1, 1_568 / Math.max(width, height));
  return Math.min(1_600, Math.ceil((width * fit * (height * fit)) / 750));
}

/** 258 when both sides are at most 384, else 258 for each tile. Source: Gemini's guide "Image understanding". */
function googleTokens({ size }: ImageFacts): number {
  const { width, height } = size ?? USUAL;
  if (width <= 384 && height <= 384) return 258;
  const tile = Math.min(768, Math.max(256, Math.floor(Math.min(width, height) / 1.5)));
  return 258 * Math.ceil(width / tile) * Math.ceil(height / tile);
}
