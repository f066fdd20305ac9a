import { z } from 'zod';

/** How urgent the caller is. Order is from most to least urgent. */
export const TIERS = ['priority', 'standard', 'flex'] as const;

export const tierSchema = z.enum(TIERS);
export type Tier = z.infer<typeof tierSchema>;
