import { z } from 'zod';

/** A vendor's count of tokens: absent, null and nonsense count as none. */
export const tokenCount = z.number().int().nonnegative().optional().catch(undefined);
