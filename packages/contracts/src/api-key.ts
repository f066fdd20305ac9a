import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { nameSchema } from './target.ts';
import { tierSchema } from './tier.ts';

/** What a key may do. `admin` may do everything, and alone what concerns the whole installation. */
export const API_KEY_SCOPES = [
  'jobs:write',
  'jobs:read',
  'batches',
  'webhooks',
  'usage:read',
  'admin',
] as const;
export const apiKeyScopeSchema = z.enum(API_KEY_SCOPES);
export type ApiKeyScope = z.infer<typeof apiKeyScopeSchema>;

const amount = z.number().int().positive();

/** What a key may take; a missing field is no limit. Minutes refill all the time, days are UTC days. */
export const apiKeyLimitsSchema = z.strictObject({
  /** All requests that carry the key, reads included. */
  requests_per_minute: amount.optional(),
  /** Tokens of submitted requests, input and output: as estimated at submit, then as used. */
  tokens_per_minute: amount.optional(),
  tokens_per_day: amount.optional(),
  /** Jobs of the key that have not ended, running ones included. */
  queued_jobs: amount.optional(),
  /** Calls of the key's jobs at once, at all providers; further jobs wait. Lines of provider batches do not count. */
  running_jobs: amount.optional(),
  /** Event streams of the key that are open at once, in all processes. */
  event_streams: amount.optional(),
  /** Of one request. */
  body_bytes: amount.optional(),
});
export type ApiKeyLimits = z.infer<typeof apiKeyLimitsSchema>;

const names = z.array(nameSchema).min(1).max(100).optional();
const models = z.array(z.string().min(1).max(256)).min(1).max(100).optional();

/**
 * What a key's jobs may use; a missing field allows all. Models are plain names (`gpt-5.4-mini`) or targets
 * (`openai/gpt-5.4-mini`). What is denied is so even when it is allowed.
 */
export const apiKeyAllowSchema = z.strictObject({
  routes: names,
  providers: names,
  models,
  denied_providers: names,
  denied_models: models,
  /** Regions that every job of the key must stay in. */
  residency: z.array(z.string().min(1).max(32)).min(1).max(32).optional(),
  /** Every job of the key goes to targets without data retention. */
  zero_retention: z.literal(true).optional(),
});
export type ApiKeyAllow = z.infer<typeof apiKeyAllowSchema>;

/** Options of jobs that a key's callers need not send; what they send goes first. */
export const apiKeyDefaultsSchema = z.strictObject({
  tier: tierSchema.optional(),
  route: nameSchema.optional(),
  within: durationSchema.optional(),
  tags: z.array(z.string().min(1).max(64)).max(16).optional(),
});
export type ApiKeyDefaults = z.infer<typeof apiKeyDefaultsSchema>;
