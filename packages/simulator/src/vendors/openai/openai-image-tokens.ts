import type { ImageSize } from '../../media/image-size.ts';

/** Of an image whose size is not known, because only its URL is. */
const UNKNOWN_SIZE: ImageSize = { width: 1_024, height: 1_024 };
const PATCH_MULTIPLIERS: readonly (readonly [RegExp, number])[] = [
  [/nano/, 2.46],
  [/^o4-mini/, 1.72],
  [/^gpt-(4\.1|5).*mini/, 1.62],
];

function patches({ width, height }: ImageSize): number {
  return Math.min(1_536, Math.ceil(width / 32) * Math.ceil(height / 32));
}

function tiles({ width, height }: ImageSize): number {
  const fit = Math.min(1, 2_048 / Math.max(width, height));
  const shrink = Math.min(1, 768 / (Math.min(width, height) * fit));
  return Math.ceil((width * fit * shrink) / 512) * Math.ceil((height * fit * shrink) / 512);
}

/** Source: OpenAI "Images and vision", calculating costs: patches of 32 px for small models, else tiles of 512 px. */
export function openaiImageTokens(model: string, size: ImageSize | null, detail: unknown): number {
  const multiplier = PATCH_MULTIPLIERS.find(([name]) => name.test(model))?.[1];
  if (multiplier !== undefined) return Math.ceil(patches(size ?? UNKNOWN_SIZE) * multiplier);
  const [base, tile] = model.startsWith('gpt-5') ? [70, 140] : /^o\d/.test(model) ? [75, 150] : [85, 170];
  return detail === 'low' ? base : base + tile * tiles(size ?? UNKNOWN_SIZE);
}
