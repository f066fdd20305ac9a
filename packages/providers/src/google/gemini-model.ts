export interface GeminiModel {
  /** As in the name: 2.5, 3, 3.1; null for aliases (`gemini-flash-latest`) and names of other kinds. */
  version: number | null;
  tier: 'pro' | 'flash' | 'flash-lite' | 'other';
}

/** What a Gemini model's name tells. Source: Gemini API, "Models", naming of versions. */
export function geminiModel(name: string): GeminiModel {
  const version = /gemini-(\d+(?:\.\d+)?)(?:-|$)/.exec(name)?.[1];
  const tier = /(?:^|-)(flash-lite|flash|pro)(?:-|$)/.exec(name)?.[1] as GeminiModel['tier'] | undefined;
  return { version: version === undefined ? null : Number(version), tier: tier ?? 'other' };
}

/**
 * Whether the model is of a version or newer. A name without a version counts as the newest: aliases move with the
 * releases, and older versions are always named.
 */
export function isSince({ version }: GeminiModel, oldest: number): boolean {
  return version === null || version >= oldest;
}
