import { z } from 'zod';

/** Logprobs of a choice or of a piece of it; their entries are passed on as they are. */
export const logprobsSchema = z
  .object({ content: z.array(z.unknown()).nullish().catch(null) })
  .nullish()
  .catch(null);
