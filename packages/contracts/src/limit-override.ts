import { z } from 'zod';
import { limitsSchema } from './limits.ts';

/** Each limit without its default: what is not given stays as it is. */
const fields = Object.fromEntries(
  Object.entries(limitsSchema.shape).map(([name, field]) => {
    const bare: z.ZodType = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field;
    return [name, bare.nullish()];
  }),
) as unknown as {
  [Name in keyof typeof limitsSchema.shape]: z.ZodType<z.input<typeof limitsSchema>[Name] | null>;
};

/** `PATCH /v1/providers/{p}`: limits that hold instead of those of `sluice.yaml`; null takes one back. */
export const limitPatchSchema = z.strictObject({ limits: z.strictObject(fields) });
export type LimitPatch = z.infer<typeof limitPatchSchema>['limits'];

/** Limits of a provider that an administrator has set over `sluice.yaml`. */
export type LimitOverride = Readonly<Partial<z.input<typeof limitsSchema>>>;
