import { z } from 'zod';

/** Why one attempt failed. Decided once, in the provider's adapter. */
export const ATTEMPT_ERROR_CODES = [
  'rate_limited',
  'overloaded',
  'timeout',
  'network',
  'server_error',
  'auth',
  'billing',
  'invalid_request',
  'context_window',
  'content_filter',
  'truncated',
  'malformed_response',
  'cancelled',
  'unknown',
] as const;

/** Why a job failed; any attempt's code, or one of the broker's own. */
export const JOB_ERROR_CODES = [
  ...ATTEMPT_ERROR_CODES,
  'all_targets_failed',
  'expired',
  'no_eligible_target',
  'budget_exceeded',
] as const;

export const attemptErrorCodeSchema = z.enum(ATTEMPT_ERROR_CODES);
export type AttemptErrorCode = z.infer<typeof attemptErrorCodeSchema>;

export const jobErrorCodeSchema = z.enum(JOB_ERROR_CODES);
export type JobErrorCode = z.infer<typeof jobErrorCodeSchema>;
