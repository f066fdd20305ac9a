import { z } from 'zod';
import { durationMsSchema } from './duration.ts';

/** When and how a job may run at half price. Everything is a duration or a count, so that tests scale them. */
export const lanesConfigSchema = z.strictObject({
  flex: z
    .strictObject({
      /** A job with less time left than this runs live. */
      min_window: durationMsSchema.prefault('10m'),
      /** What a call may take: the tier answers late. */
      timeout: durationMsSchema.prefault('15m'),
      /** How often a job asks for the tier that has no room before it runs live. */
      attempts: z.number().int().min(1).max(20).default(3),
      /** Between two of these. */
      pause: durationMsSchema.prefault('30s'),
    })
    .prefault({}),
  batch: z
    .strictObject({
      /** A job with less time left than this does not wait for a provider's batch. */
      min_window: durationMsSchema.prefault('2h'),
      /** How long the first job waits for others before its batch is sent. */
      collect: durationMsSchema.prefault('1m'),
      /** A batch is sent as soon as it would hold so much, or as much as the provider takes. */
      max_lines: z.number().int().min(1).max(100_000).default(10_000),
      max_bytes: z.number().int().min(1_000).max(200_000_000).default(100_000_000),
      /** Between two looks at a batch, at first and after a while. */
      poll: durationMsSchema.prefault('5s'),
      longest_poll: durationMsSchema.prefault('1m'),
      /** Before each look for a batch whose creation got no answer, and how many find nothing before it is sent again. */
      look: durationMsSchema.prefault('5s'),
      looks: z.number().int().min(1).max(100).default(4),
      /** A batch that the provider does not know for so long is given up. */
      missing: durationMsSchema.prefault('10m'),
      /** How long a collector that is gone keeps its batches from others. */
      lease: durationMsSchema.prefault('15s'),
    })
    .refine((batch) => batch.lease >= 250, { path: ['lease'], error: 'must be at least 250ms' })
    .prefault({}),
  /** Lines that a batch has not answered run live in time: deadline − (cancel + lines ÷ rate + margin). */
  hedge: z
    .strictObject({
      /** What a provider takes to cancel a batch. */
      cancel: durationMsSchema.prefault('10m'),
      margin: durationMsSchema.prefault('15m'),
      /** What can run live beside everything else where no limit of the provider tells. */
      lines_per_minute: z.number().positive().default(300),
    })
    .prefault({}),
});
export type LanesConfig = z.infer<typeof lanesConfigSchema>;
