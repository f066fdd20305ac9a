import { z } from 'zod';

export const WARNING_CODES = [
  'parameter_dropped',
  'parameter_changed',
  'unknown_model',
  'price_unknown',
  'usage_estimated',
  /** The answer could not be checked against its schema. */
  'not_validated',
  /** A target of the chain can't take the request and was left out. */
  'target_skipped',
  /** By what is known now the job will not be done by its deadline. */
  'deadline_at_risk',
] as const;

/** Something the caller asked for that could not be done exactly; nothing is dropped without one. */
export const warningSchema = z.object({
  code: z.enum(WARNING_CODES),
  message: z.string(),
  param: z.string().nullable(),
  target: z.string().optional(),
});
export type Warning = z.infer<typeof warningSchema>;
