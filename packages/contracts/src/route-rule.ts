import { z } from 'zod';
import { CAPABILITIES } from './capability.ts';
import { nameSchema, targetSchema } from './target.ts';
import { TASKS } from './task.ts';
import { tenantNameSchema } from './tenant.ts';
import { TIERS } from './tier.ts';

/** One value, or a list of which one has to hold; parsed to a list. */
function oneOf<Item extends z.ZodType>(item: Item) {
  return z
    .union([item, z.array(item).min(1).max(64)])
    .transform((value) => [value].flat() as z.output<Item>[]);
}

function range(number: z.ZodNumber) {
  return z
    .strictObject({ min: number.optional(), max: number.optional() })
    .refine(({ min, max }) => min !== undefined || max !== undefined, 'must have min or max')
    .refine(({ min = 0, max = Infinity }) => min <= max, 'min must not be above max');
}

const tokens = range(z.number().int().nonnegative());
const clock = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'must be like 08:00-18:00 (UTC)');

export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** A target (`openai/gpt-5.4-mini`), or the name of another route. */
export const targetOrRouteSchema = z.union([targetSchema, nameSchema], {
  error: 'must be provider/model, for example openai/gpt-5.4-mini, or the name of a route',
});

/** Everything that a condition names has to hold; an absent one always does. */
export const routeConditionSchema = z.strictObject({
  task: oneOf(z.enum(TASKS)).optional(),
  /** The job has one of these tags. */
  tags: oneOf(z.string().min(1).max(64)).optional(),
  /** The job's metadata has one of the values under each name. */
  metadata: z.record(z.string(), oneOf(z.string())).optional(),
  tier: oneOf(z.enum(TIERS)).optional(),
  tenant: oneOf(tenantNameSchema).optional(),
  /** Ids of API keys. */
  key: oneOf(z.string().min(1).max(64)).optional(),
  /** Estimated tokens of the prompt. */
  input_tokens: tokens.optional(),
  /** Tokens of the answer: the maximum that the caller sets, else what is expected. */
  output_tokens: tokens.optional(),
  /** How hard the request looks, 0 to 1. */
  complexity: range(z.number().min(0).max(1)).optional(),
  /** The request needs one of these. */
  needs: oneOf(z.enum(CAPABILITIES)).optional(),
  /** Time of day in UTC, from-to without the end; from 22:00-06:00 goes over midnight. */
  time: clock.optional(),
  /** Days in UTC. */
  days: oneOf(z.enum(WEEKDAYS)).optional(),
});
export type RouteCondition = z.infer<typeof routeConditionSchema>;

/** The first rule whose condition holds says which targets take the place of the route's own. */
export const routeRuleSchema = z.strictObject({
  if: routeConditionSchema.refine((condition) => Object.keys(condition).length > 0, 'must name a condition'),
  use: z
    .union([targetOrRouteSchema, z.array(targetOrRouteSchema).min(1).max(16)])
    .transform((value) => [value].flat()),
});
export type RouteRule = z.infer<typeof routeRuleSchema>;
