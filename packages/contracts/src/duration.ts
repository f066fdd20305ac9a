import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a duration such as `250ms`, `30s`, `15m`, `24h` or `7d`; null when the text is not one.
 * One whole number and one unit; anything else is refused rather than guessed.
 */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  if (!match) return null;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** A duration string as callers and `sluice.yaml` write it; the parsed value stays a string. */
export const durationSchema = z
  .string()
  .refine((text) => parseDurationMs(text) !== null, 'must be a duration such as 30s, 15m or 24h')
  .meta({ description: 'A duration such as `30s`, `15m`, `24h` or `7d`.', examples: ['15m'] });

/** A duration string, parsed to milliseconds. */
export const durationMsSchema = durationSchema.transform((text) => parseDurationMs(text) as number);
