import { JOB_STATUSES, TASKS, TIERS, jobSchema, targetSchema } from '@sluice/contracts';
import { z } from 'zod';

/** Ids are only looked up, never refused by form: one that can't exist answers the same 404 as an unknown one. */
export const idParamsSchema = z.object({ id: z.string().meta({ description: 'The id.' }) });

export const waitQuerySchema = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
    .optional()
    .meta({ description: 'Seconds to wait for the job to end, at most 60.' }),
});

const limitSchema = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100')
  .default('20')
  .transform(Number)
  .pipe(z.number().min(1, 'must be 1 or more').max(100, 'must be 100 or less'))
  .meta({ description: 'Entries on a page, from 1 to 100.' });

/** ISO 8601, to milliseconds. */
const timeSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

export const pageQuerySchema = z.strictObject({
  limit: limitSchema,
  after: z.string().max(200).optional().meta({ description: 'The `last_id` of the page before.' }),
});

export const listJobsQuerySchema = pageQuerySchema.extend({
  status: z.enum(JOB_STATUSES).optional(),
  tier: z.enum(TIERS).optional(),
  target: targetSchema.optional(),
  tag: z.string().max(64).optional(),
  key: z.string().max(64).optional().meta({ description: 'Id of the API key that submitted.' }),
  batch: z.string().max(64).optional(),
  task: z.enum(TASKS).optional(),
  created_after: timeSchema.optional(),
  created_before: timeSchema.optional(),
});

/** A page of a list, newest first. */
export function listSchema<Item extends z.ZodType>(item: Item) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable().meta({ description: 'Send it as `after` for the next page.' }),
    has_more: z.boolean(),
  });
}

export const jobListSchema = listSchema(jobSchema);

/** Loose: all other headers pass through untouched. */
export const idempotencyHeadersSchema = z.looseObject({
  'idempotency-key': z.string().optional().meta({
    description: 'Quoted or bare, kept 24 h per tenant: the same key and body answer the same job.',
  }),
  prefer: z.string().optional().meta({
    description: '`wait=N`: answer 200 with the ended job if it ends within N seconds (at most 60).',
  }),
});

export const deletedSchema = z.object({ id: z.string(), object: z.string(), deleted: z.literal(true) });

export const eventsQuerySchema = z.strictObject({
  after: z
    .string()
    .optional()
    .meta({ description: 'Sequence number after which to go on, like `Last-Event-ID`.' }),
});
export const eventsHeadersSchema = z.looseObject({
  'last-event-id': z
    .string()
    .optional()
    .meta({ description: 'Sequence number of the last event that was read.' }),
});
