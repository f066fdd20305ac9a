import { REASONING_EFFORTS, serviceTierSchema } from '@sluice/contracts';
import { z } from 'zod';
import { inputItemSchema } from './response-input.ts';

const HERE = 'does not work in this release';
const unsupported = z.null(HERE).optional();
const name = z.string();

const functionToolSchema = z.strictObject({
  type: z.literal('function'),
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
  // What OpenAI's own tools need; clients write that they do not.
  allowed_callers: z.null(HERE).optional(),
  async: z.literal(false, HERE).optional(),
  defer_loading: z.literal(false, HERE).optional(),
  output_schema: z.null(HERE).optional(),
});

/** Tools that OpenAI runs itself are refused, not ignored. */
const toolSchema = z.discriminatedUnion('type', [functionToolSchema], HERE);

const formatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: z.string().min(1).max(64),
    description: z.string().nullish(),
    schema: z.record(z.string(), z.unknown()),
    strict: z.boolean().nullish(),
  }),
]);

/**
 * The body of `POST /v1/responses`.
 * Source: OpenAI API reference, "Create a model response".
 */
export const responsesRequestSchema = z
  .strictObject({
    model: z.string().min(1).max(256).optional(),
    input: z.union([z.string(), z.array(inputItemSchema).min(1)]),
    instructions: z.string().nullish(),
    background: z.boolean().nullish(),
    stream: z.boolean().nullish(),
    stream_options: z.strictObject({ include_obfuscation: z.boolean().optional() }).nullish(),
    /** `false`: the answer can't be read again, and is kept for minutes only. */
    store: z.boolean().nullish(),
    include: z.array(z.string()).nullish(),
    max_output_tokens: z.number().int().positive().nullish(),
    max_tool_calls: z.number().int().positive().nullish(),
    metadata: z.record(z.string(), z.string()).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    prompt_cache_key: z.string().max(512).optional(),
    prompt_cache_retention: z.enum(['in-memory', 'in_memory', '24h']).nullish(),
    reasoning: z
      .strictObject({
        context: z.enum(['auto', 'current_turn', 'all_turns']).nullish(),
        effort: z.enum(REASONING_EFFORTS).nullish(),
        mode: z.literal('standard', HERE).optional(),
        summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
        generate_summary: z.enum(['auto', 'concise', 'detailed']).nullish(),
      })
      .nullish(),
    safety_identifier: z.string().max(512).optional(),
    service_tier: serviceTierSchema.nullish(),
    temperature: z.number().min(0).max(2).nullish(),
    text: z
      .strictObject({
        format: formatSchema.optional(),
        verbosity: z.enum(['low', 'medium', 'high']).nullish(),
      })
      .optional(),
    tool_choice: z
      .union([
        z.enum(['none', 'auto', 'required']),
        z.strictObject({ type: z.literal('function'), name }),
        z.strictObject({
          type: z.literal('allowed_tools'),
          mode: z.enum(['auto', 'required']),
          tools: z.array(z.strictObject({ type: z.literal('function'), name })),
        }),
      ])
      .optional(),
    tools: z.array(toolSchema).max(128).optional(),
    top_logprobs: z.number().int().min(0).max(20).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    truncation: z.enum(['auto', 'disabled']).nullish(),
    user: z.string().max(512).optional(),
    conversation: unsupported,
    /** The conversation goes on after this response. */
    previous_response_id: z.string().min(1).nullish(),
    prompt: unsupported,
  })
  .refine((body) => !(body.background && body.store === false), {
    path: ['store'],
    error: 'must not be false with background: the answer has to be kept until it is read',
  });
export type ResponsesRequest = z.infer<typeof responsesRequestSchema>;
