import { limitsSchema } from '@sluice/contracts';
import { z } from 'zod';

/**
 * What refuses a call.
 * - `bucket`: token buckets (capacity = burst, refill = limit / 60 s). A window may then hold limit + burst.
 * - `window`: no 60 s window may hold more than the limit; bursts are free.
 * - `both`: whichever is stricter.
 */
export const ENFORCEMENTS = ['bucket', 'window', 'both'] as const;

/**
 * Limits of an account or of one model at it, in the fields of `sluice.yaml`, so that one object can configure both
 * sides. `arrival_jitter_ms` is accepted and not used: it is the broker's margin, not the provider's.
 */
export const simulatedLimitsSchema = limitsSchema.extend({
  enforcement: z.enum(ENFORCEMENTS).default('bucket'),
});
export type SimulatedLimits = z.infer<typeof simulatedLimitsSchema>;
export type SimulatedLimitsInput = z.input<typeof simulatedLimitsSchema>;
