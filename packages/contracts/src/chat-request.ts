import { z } from 'zod';
import { assistantPartSchema, textPartSchema, userPartSchema } from './content-part.ts';
import { reasoningDetailSchema } from './reasoning-detail.ts';
import { serviceTierSchema } from './service-tier.ts';
import {
  functionToolSchema,
  responseFormatSchema,
  returnedToolCallSchema,
  toolChoiceSchema,
} from './tool.ts';

const name = z.string().optional();
const textContentSchema = z.union([z.string(), z.array(textPartSchema).min(1)]);

/** One turn of the conversation. */
export const chatMessageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: textContentSchema, name }),
  z.strictObject({ role: z.literal('developer'), content: textContentSchema, name }),
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(userPartSchema).min(1)]),
    name,
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantPartSchema), z.null()]).optional(),
    refusal: z.string().nullable().optional(),
    tool_calls: z.array(returnedToolCallSchema).min(1).max(128).optional(),
    /** As an earlier answer gave it. */
    reasoning: z.string().nullable().optional(),
    reasoning_details: z.array(reasoningDetailSchema).optional(),
    /** Always null or absent in text answers; accepted because SDKs send an answer back as it came. */
    audio: z.null().optional(),
    annotations: z.array(z.unknown()).optional(),
    function_call: z.null().optional(),
    /** Added by the helpers of OpenAI's clients, which hand it back; means nothing here. */
    parsed: z.unknown().optional(),
    name,
  }),
  z.strictObject({
    role: z.literal('tool'),
    tool_call_id: z.string().min(1),
    content: textContentSchema,
    /** The function's; many callers write it. The call that the id names has it already. */
    name,
  }),
]);
export type ChatMessage = z.infer<typeof chatMessageSchema>;

export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/**
 * The canonical request: an OpenAI chat-completions body. It is frozen after parsing; every adapter builds a
 * new vendor request from it.
 * Source: OpenAI API reference, "Create chat completion".
 */
export const chatRequestSchema = z.strictObject({
  /** A route, a target or a plain model name; omitted: route `default`. */
  model: z.string().min(1).max(256).optional(),
  messages: z.array(chatMessageSchema).min(1, 'must hold at least one message'),
  tools: z.array(functionToolSchema).max(128).optional(),
  tool_choice: toolChoiceSchema.optional(),
  parallel_tool_calls: z.boolean().optional(),
  response_format: responseFormatSchema.optional(),
  reasoning_effort: z.enum(REASONING_EFFORTS).nullable().optional(),
  verbosity: z.enum(['low', 'medium', 'high']).nullable().optional(),
  max_tokens: z.number().int().positive().optional(),
  max_completion_tokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  /** Not OpenAI's; Anthropic and Gemini take it. */
  top_k: z.number().int().positive().optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)]).optional(),
  seed: z.number().int().optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.number().int().min(0).max(20).optional(),
  /** Answers to one prompt. Vendors that give only one refuse more before anything is paid. */
  n: z.number().int().min(1).max(8).optional(),
  user: z.string().max(512).optional(),
  safety_identifier: z.string().max(512).optional(),
  prompt_cache_key: z.string().max(512).optional(),
  /** openai-node 6 writes `in-memory`, 7 `in_memory`. */
  prompt_cache_retention: z.enum(['in-memory', 'in_memory', '24h']).optional(),
  service_tier: serviceTierSchema.optional(),
  /** Answers are kept by the job; vendors are not asked to keep them. */
  store: z.boolean().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  modalities: z.tuple([z.literal('text')]).optional(),
  stream: z.boolean().optional(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().optional(), include_obfuscation: z.boolean().optional() })
    .optional(),
  /** Extra fields for one vendor, keyed by provider kind; merged into that vendor's request as they are. */
  provider_options: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type ChatRequest = DeepReadonly<z.infer<typeof chatRequestSchema>>;

/** The text of a message's content, its text parts joined; other parts count as nothing. */
export function contentText(content: ChatRequest['messages'][number]['content']): string {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
