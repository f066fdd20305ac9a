import { z } from 'zod';
import { CAPABILITIES } from './capability.ts';
import { modelClassSchema } from './model-class.ts';
import { warningSchema } from './warning.ts';

const milliseconds = z.number().nonnegative().nullable();

/** A target that a route leads to, as the router weighs it up. */
export const routeCandidateSchema = z.object({
  target: z.string(),
  position: z
    .number()
    .int()
    .positive()
    .nullable()
    .meta({ description: 'Place in the chain; null when left out.' }),
  status: z
    .enum(['ready', 'behind', 'out', 'excluded'])
    .meta({ description: '`behind` others or `out` for now, still in the chain; `excluded`: not in it.' }),
  code: z.string().nullable().meta({ description: 'Why it is not `ready`.' }),
  reason: z.string().nullable(),
  class: modelClassSchema.nullable(),
  quality: z.number().nullable().meta({ description: 'Score for the task, 0 to 1.' }),
  quality_source: z.string().nullable(),
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cost_usd: z
    .number()
    .nullable()
    .meta({ description: 'Of one attempt, as estimated; null without a price.' }),
  price_version: z.string().nullable(),
  first_token_p50_ms: milliseconds,
  total_p50_ms: milliseconds,
  total_p95_ms: milliseconds,
  wait_ms: milliseconds.meta({ description: 'Until a new job of the tier would start.' }),
  chance: z.number().nullable().meta({
    description: 'That a call succeeds, by the calls of the last minute; null when these are too few.',
  }),
});
export type RouteCandidate = z.infer<typeof routeCandidateSchema>;

/** What the router would do with a submission, and why. */
export const routeExplanationSchema = z.object({
  object: z.literal('route_explanation'),
  route: z.string().nullable(),
  source: z.enum(['route', 'chain', 'target', 'model']),
  strategy: z.string(),
  rules: z.array(z.string()).meta({ description: 'Rules that matched: `support.when.1`.' }),
  rounds: z.number().int().nullable(),
  chain: z
    .array(z.string())
    .meta({ description: 'In the order of the attempts; empty when no target is left.' }),
  error: z.object({ code: z.string(), message: z.string(), param: z.string().nullable() }).nullable(),
  features: z.object({
    input_tokens: z.number().int(),
    output_tokens: z.number().int(),
    needs: z.array(z.enum(CAPABILITIES)),
    task: z.string().nullable(),
    complexity: z.number().nullable(),
  }),
  filters: z
    .record(z.string(), z.unknown())
    .meta({ description: 'Of the job; under `key` what its key forces.' }),
  candidates: z
    .array(routeCandidateSchema)
    .meta({ description: 'The chain in order, then what was left out.' }),
  why: z.array(z.string()).meta({ description: 'How the order came about, in sentences.' }),
  warnings: z.array(warningSchema),
});
export type RouteExplanation = z.infer<typeof routeExplanationSchema>;
