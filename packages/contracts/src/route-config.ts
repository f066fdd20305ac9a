import { z } from 'zod';
import { durationMsSchema } from './duration.ts';
import { modelClassSchema } from './model-class.ts';
import { routeRuleSchema, targetOrRouteSchema } from './route-rule.ts';

/** How the targets of a route are put into order. */
export const STRATEGIES = [
  'ordered',
  'cheapest',
  'fastest',
  'weighted',
  'round_robin',
  'least_wait',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

const entrySchema = z.union(
  [
    targetOrRouteSchema,
    z.strictObject({
      target: targetOrRouteSchema,
      /** Share of the traffic, against the other targets' weights; for `weighted`. */
      weight: z.number().positive().max(1_000_000).default(1),
    }),
  ],
  { error: 'must be provider/model, the name of a route, or { target, weight }' },
);

/** A named policy that yields a chain. */
export const routeConfigSchema = z
  .strictObject({
    strategy: z
      .enum(STRATEGIES, `must be one of ${STRATEGIES.join(', ')}: others do not work in this release`)
      .default('ordered'),
    targets: z.array(entrySchema).min(1).max(64),
    when: z.array(routeRuleSchema).max(64).default([]),
    /** Least class, and least score for the task, of the models that are used. */
    min_class: modelClassSchema.optional(),
    min_quality: z.number().min(0).max(1).optional(),
    /** What `fastest` compares: the time to the first token or to the whole answer. Default: as the caller reads. */
    fastest_by: z.enum(['first_token', 'total']).optional(),
    /** A target whose turn would come later goes behind those that are free sooner. */
    max_wait: durationMsSchema.optional(),
    /** A job whose target is limited may go on at the next one when that can start sooner. Default: true. */
    spill: z.boolean().optional(),
    /** How often the chain is walked before the job fails. */
    rounds: z.number().int().min(1).max(10).default(3),
  })
  .transform(({ targets, ...route }) => ({
    ...route,
    /** Targets, and names of other routes. */
    targets: targets.map((entry) => (typeof entry === 'string' ? entry : entry.target)),
    /** By place in `targets`. */
    weights: targets.map((entry) => (typeof entry === 'string' ? 1 : entry.weight)),
  }));
export type RouteConfig = z.infer<typeof routeConfigSchema>;
