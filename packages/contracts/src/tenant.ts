import { z } from 'zod';

/** Names of tenants become parts of Redis keys. */
export const tenantNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must be letters, digits, - or _, at most 63 characters');

/** How much of a busy tier a tenant gets, and how much it may have going on. */
export const tenantConfigSchema = z.strictObject({
  /** Share of a tier that is busy, against the other tenants' weights. */
  weight: z.number().positive().max(1_000).optional(),
  /** Jobs that have not ended, running ones included; above it a submission is refused. Absent: no cap. */
  max_queued: z.number().int().positive().optional(),
  /** Calls at once at one provider; further jobs wait. Absent: no cap. */
  max_running: z.number().int().positive().optional(),
});
export type TenantConfig = z.infer<typeof tenantConfigSchema>;
