import { z } from 'zod';

const perMillionTokens = z.number().nonnegative();

/** US dollars per million tokens. */
export const simulatedPriceSchema = z.strictObject({
  input: perMillionTokens.default(1),
  output: perMillionTokens.default(5),
  /** Default: a tenth of `input`. */
  cache_read: perMillionTokens.optional(),
  /** Defaults: 1.25 and 2 times `input`. */
  cache_write_5m: perMillionTokens.optional(),
  cache_write_1h: perMillionTokens.optional(),
  /** What the service tiers cost in proportion to the list price. */
  flex_factor: z.number().nonnegative().default(0.5),
  priority_factor: z.number().nonnegative().default(2),
  /** What a line of a batch costs in proportion to the list price. */
  batch_factor: z.number().nonnegative().default(0.5),
});
export type SimulatedPrice = z.infer<typeof simulatedPriceSchema>;
