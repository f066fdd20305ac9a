import { z } from 'zod';

/** A vendor's status page: what is read of statuspage.io's `status.json`; other fields don't matter. */
export const statusPageSchema = z.object({
  status: z.object({ indicator: z.string(), description: z.string().default('') }),
});
export type StatusPage = z.infer<typeof statusPageSchema>;
