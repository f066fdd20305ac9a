import { z } from 'zod';

/**
 * `service_tier` of a request in OpenAI's shape, its later names as those that every release knows.
 * Source: OpenAI API reference: `fast` is another name of `priority`; `auto` uses the scale tier where the project has it.
 */
export const serviceTierSchema = z
  .enum(['auto', 'default', 'flex', 'priority', 'fast', 'scale'])
  .transform((tier) => {
    if (tier === 'fast') return 'priority';
    return tier === 'scale' ? 'auto' : tier;
  });
