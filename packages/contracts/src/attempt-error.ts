import { z } from 'zod';
import { attemptErrorCodeSchema, jobErrorCodeSchema } from './error-code.ts';

/** What one attempt's failure means; the adapter decides it and nobody downstream looks at a status code again. */
export const attemptErrorSchema = z.object({
  code: attemptErrorCodeSchema,
  message: z.string(),
  /** HTTP status of the provider's answer; null when there was none. */
  status: z.number().int().nullable(),
  /** The same target may succeed when it is tried again. */
  retryable: z.boolean(),
  /** Another target may succeed.. */
  failover: z.boolean(),
  /** The provider asked to wait this long; null when it did not say. */
  retry_after_ms: z.number().int().nonnegative().nullable(),
});
export type AttemptError = z.infer<typeof attemptErrorSchema>;

/** Why a job ended without a result. `failed` jobs carry the last attempt's error in `last_error`. */
export const jobErrorSchema = z.object({
  code: jobErrorCodeSchema,
  message: z.string(),
  param: z.string().nullable(),
  doc_url: z.string(),
  last_error: attemptErrorSchema.nullable(),
});
export type JobError = z.infer<typeof jobErrorSchema>;
