import type { Target } from '@sluice/contracts';

/** Why a target was left out of a chain for good. */
export const EXCLUSION_CODES = [
  /** Prompt, and answer where they share one window, surely do not fit. */
  'context_window',
  /** The model lacks tools, vision, sound, video, PDF, schemas or reasoning. */
  'capability',
  /** The vendor would refuse the request for another reason. */
  'request',
  'residency',
  'zero_retention',
  /** The model's class or score is too low, or not known. */
  'quality',
  'max_cost',
  'max_latency',
  /** The API key may not use it. */
  'not_allowed',
] as const;
export type ExclusionCode = (typeof EXCLUSION_CODES)[number];

export interface Exclusion {
  code: ExclusionCode;
  /** One sentence that names the target. */
  message: string;
  /** The field of the request that is in the way; null when it is none. */
  param: string | null;
}

export type ExcludedTarget = Exclusion & { target: Target };
