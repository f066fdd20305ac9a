import { z } from 'zod';
import { BATCH_EVENT_TYPES } from './batch-event.ts';
import { durationSchema, parseDurationMs } from './duration.ts';
import { jobSubmissionSchema } from './job-submission.ts';
import { expiresAfterSchema } from './stored-file.ts';
import { tierSchema } from './tier.ts';
import { webhookOptionOf } from './webhook-option.ts';

export const BATCH_ENDPOINTS = ['/v1/chat/completions', '/v1/responses'] as const;
export type BatchEndpoint = (typeof BATCH_ENDPOINTS)[number];

const DAY_MS = 86_400_000;
const windowSchema = durationSchema.refine((text) => {
  const ms = parseDurationMs(text);
  return ms !== null && ms >= 1_000 && ms <= DAY_MS;
}, 'must be between 1s and 24h');

const { route, chain, lane, metadata, tags } = jobSubmissionSchema.shape;

/** What a batch is created with, but its lines. OpenAI's fields, then ours. */
const fields = {
  endpoint: z.enum(BATCH_ENDPOINTS),
  completion_window: windowSchema.default('24h'),
  metadata: metadata.unwrap().nullish(),
  output_expires_after: expiresAfterSchema.optional(),
  /** Over `completion_window`. */
  within: windowSchema.optional(),
  tier: tierSchema.default('flex'),
  route,
  chain,
  lane,
  webhook: webhookOptionOf(BATCH_EVENT_TYPES).optional(),
  tags,
};

/** The body of `POST /v1/batches` with a file. */
export const fileBatchSchema = z.strictObject({ input_file_id: z.string().min(1).max(128), ...fields });

/** The same without a file: what comes beside `requests`. One endpoint is the default here. */
export const inlineBatchSchema = z.strictObject({
  ...fields,
  endpoint: fields.endpoint.default('/v1/chat/completions'),
});

/** The whole body, for the OpenAPI document; large ones are never parsed as one. */
export const batchSubmissionSchema = z.strictObject({
  input_file_id: z.string().optional(),
  requests: z
    .array(z.strictObject({ custom_id: z.string(), body: z.record(z.string(), z.unknown()) }))
    .optional(),
  ...fields,
  endpoint: fields.endpoint.optional(),
});

export type BatchOptionsInput = z.infer<typeof inlineBatchSchema>;
