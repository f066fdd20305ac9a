import { z } from 'zod';
import { reasoningDetailSchema } from './reasoning-detail.ts';
import { toolCallSchema } from './tool.ts';

export const FINISH_REASONS = ['stop', 'length', 'tool_calls', 'content_filter'] as const;
export type FinishReason = (typeof FINISH_REASONS)[number];

const tokens = z.number().int().nonnegative();

/** A job's result: one OpenAI chat completion, whichever vendor answered. */
export const chatCompletionSchema = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  /** Unix seconds. */
  created: z.number().int(),
  /** The model that the provider says it used. */
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.number().int(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.string().nullable(),
        tool_calls: z.array(toolCallSchema).optional(),
        /** What the model thought, when its vendor tells. */
        reasoning: z.string().nullable().optional(),
        /** To be given back with the next turn; see `reasoningDetailSchema`. */
        reasoning_details: z.array(reasoningDetailSchema).optional(),
        annotations: z.array(z.unknown()).optional(),
      }),
      logprobs: z.looseObject({ content: z.array(z.unknown()).nullable() }).nullable(),
      finish_reason: z.enum(FINISH_REASONS),
    }),
  ),
  service_tier: z.string().nullable().optional(),
  system_fingerprint: z.string().nullable().optional(),
  usage: z.object({
    prompt_tokens: tokens,
    completion_tokens: tokens,
    total_tokens: tokens,
    prompt_tokens_details: z.object({ cached_tokens: tokens, audio_tokens: tokens.optional() }),
    completion_tokens_details: z.object({ reasoning_tokens: tokens, audio_tokens: tokens.optional() }),
  }),
});
export type ChatCompletion = z.infer<typeof chatCompletionSchema>;

export const toolCallDeltaSchema = z.object({
  /** Index of the call within the message, counted across the whole stream. */
  index: z.number().int().nonnegative(),
  /** With the first piece of a call. */
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string().optional(), arguments: z.string().optional() }),
});

/** What one piece of a stream adds to choice `index`. */
export const chatDeltaSchema = z.object({
  index: z.number().int().nonnegative(),
  delta: z.object({
    role: z.literal('assistant').optional(),
    content: z.string().optional(),
    refusal: z.string().optional(),
    reasoning: z.string().optional(),
    reasoning_details: z.array(reasoningDetailSchema).optional(),
    tool_calls: z.array(toolCallDeltaSchema).optional(),
  }),
});
export type ChatDelta = z.infer<typeof chatDeltaSchema>;
