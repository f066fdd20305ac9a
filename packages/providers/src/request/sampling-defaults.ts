import type { ChatRequest } from '@sluice/contracts';

/** What models do anyway; clients write it out. */
export const SAMPLING_DEFAULTS: Readonly<Partial<Record<keyof ChatRequest, number>>> = {
  temperature: 1,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  top_logprobs: 0,
};
