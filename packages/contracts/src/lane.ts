import { z } from 'zod';

/** How the broker runs a job: a live call, the provider's flex tier, or the provider's own Batch API. */
export const LANES = ['live', 'flex', 'batch'] as const;

export const laneSchema = z.enum(LANES);
export type Lane = z.infer<typeof laneSchema>;
