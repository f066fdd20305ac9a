import { cacheControlSchema, jsonSchemaSchema } from '@sluice/contracts';
import { z } from 'zod';
import { anthropicTurnSchema, systemContentSchema } from './anthropic-content.ts';

const display = z.enum(['summarized', 'omitted']).nullish();

const toolSchema = z.strictObject({
  type: z.literal('custom').nullish(),
  /** Shorter than Anthropic's rule, so that every vendor takes it. */
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ or -, at most 64'),
  description: z.string().optional(),
  input_schema: jsonSchemaSchema,
  strict: z.boolean().optional(),
  cache_control: cacheControlSchema.nullish(),
});

const disable_parallel_tool_use = z.boolean().optional();

const toolChoiceSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auto'), disable_parallel_tool_use }),
  z.strictObject({ type: z.literal('any'), disable_parallel_tool_use }),
  z.strictObject({ type: z.literal('tool'), name: z.string(), disable_parallel_tool_use }),
  z.strictObject({ type: z.literal('none') }),
]);

/**
 * The body of a Messages request, strictly. Source: @anthropic-ai/sdk 1.11 `MessageCreateParams`, with the sampling
 * parameters of API version 2023-06-01.
 */
export const anthropicMessageParamsSchema = z.strictObject({
  model: z.string().min(1).max(256),
  max_tokens: z.number().int().positive(),
  messages: z.array(anthropicTurnSchema).min(1, 'must hold at least one message'),
  system: systemContentSchema.optional(),
  tools: z.array(toolSchema).max(128).optional(),
  tool_choice: toolChoiceSchema.optional(),
  thinking: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.literal('enabled'), budget_tokens: z.number().int().min(1_024), display }),
      z.strictObject({ type: z.literal('adaptive'), display }),
      z.strictObject({ type: z.literal('disabled') }),
    ])
    .optional(),
  output_config: z
    .strictObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z.strictObject({ type: z.literal('json_schema'), schema: jsonSchemaSchema }).nullish(),
    })
    .optional(),
  stop_sequences: z.array(z.string().min(1)).max(16).optional(),
  temperature: z.number().min(0).max(1).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.number().int().positive().optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  cache_control: cacheControlSchema.nullish(),
  inference_geo: z.string().nullish(),
  speed: z.enum(['standard', 'fast']).nullish(),
  stream: z.boolean().optional(),
});

export type AnthropicMessageParams = z.infer<typeof anthropicMessageParamsSchema>;
