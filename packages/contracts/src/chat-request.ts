import { z } from 'zod';

const textPartSchema = z.strictObject({ type: z.literal('text'), text: z.string() });

const contentSchema = z.union([z.string(), z.array(textPartSchema).min(1)]);

/** One turn of the conversation. Tool turns and media parts are not accepted yet. */
export const chatMessageSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: contentSchema, name: z.string().optional() }),
  z.strictObject({ role: z.literal('developer'), content: contentSchema, name: z.string().optional() }),
  z.strictObject({ role: z.literal('user'), content: contentSchema, name: z.string().optional() }),
  z.strictObject({ role: z.literal('assistant'), content: contentSchema, name: z.string().optional() }),
]);
export type ChatMessage = z.infer<typeof chatMessageSchema>;

/**
 * The canonical request: an OpenAI chat-completions body. It is frozen after parsing; every adapter builds a
 * new vendor request from it.
 * Source: OpenAI API reference, "Create chat completion".
 */
export const chatRequestSchema = z.strictObject({
  /** A route, a target or a plain model name; omitted: route `default`. */
  model: z.string().min(1).max(256).optional(),
  messages: z.array(chatMessageSchema).min(1, 'must hold at least one message'),
  max_tokens: z.number().int().positive().optional(),
  max_completion_tokens: z.number().int().positive().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(16)]).optional(),
  seed: z.number().int().optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  user: z.string().max(512).optional(),
  n: z.literal(1, 'must be 1: submit one job for each answer').optional(),
  stream: z.boolean().optional(),
  stream_options: z.strictObject({ include_usage: z.boolean().optional() }).optional(),
  /** Extra fields for one vendor, keyed by provider kind; merged into that vendor's request as they are. */
  provider_options: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
});

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export type ChatRequest = DeepReadonly<z.infer<typeof chatRequestSchema>>;

/** The text of a message's content, its parts joined. */
export function contentText(content: ChatRequest['messages'][number]['content']): string {
  return typeof content === 'string' ? content : content.map((part) => part.text).join('');
}
