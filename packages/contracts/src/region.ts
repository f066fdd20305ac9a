import { z } from 'zod';

/** A region as the operator names it: `eu`, `us`, `eu-west-1`. */
export const regionSchema = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be letters, digits or -, at most 32 characters');

/** Whether a region lies in one of those allowed: it is one, or a part of one (`eu-west-1` of `eu`). */
export function isRegionAllowed(region: string, allowed: readonly string[]): boolean {
  const found = region.toLowerCase();
  return allowed.some((name) => {
    const wanted = name.toLowerCase();
    return found === wanted || found.startsWith(`${wanted}-`);
  });
}
