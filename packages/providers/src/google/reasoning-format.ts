import type { ReasoningFormat } from '@sluice/contracts';

/** The format of Gemini's thought signatures among `reasoning_details`. */
export const REASONING_FORMAT: ReasoningFormat = 'google-gemini-v1';
