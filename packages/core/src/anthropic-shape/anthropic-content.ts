import { cacheControlSchema } from '@sluice/contracts';
import { z } from 'zod';

const cache_control = cacheControlSchema.nullish();

const textSchema = z.strictObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control,
  citations: z.null().or(z.array(z.unknown())).optional(),
});

const urlSourceSchema = z.strictObject({ type: z.literal('url'), url: z.url({ protocol: /^https$/ }) });

const imageSchema = z.strictObject({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('base64'),
      media_type: z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp']),
      data: z.base64(),
    }),
    urlSourceSchema,
  ]),
  cache_control,
});

const documentSchema = z.strictObject({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('base64'), media_type: z.literal('application/pdf'), data: z.base64() }),
    z.strictObject({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
    urlSourceSchema,
  ]),
  title: z.string().nullish(),
  context: z.string().nullish(),
  citations: z.strictObject({ enabled: z.boolean().optional() }).nullish(),
  cache_control,
});

const toolUseSchema = z.strictObject({
  type: z.literal('tool_use'),
  id: z.string().min(1).max(256),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
  cache_control,
  /** As an earlier answer gave it. */
  caller: z.strictObject({ type: z.literal('direct') }).nullish(),
});

const toolResultSchema = z.strictObject({
  type: z.literal('tool_result'),
  tool_use_id: z.string().min(1),
  content: z
    .union([z.string(), z.array(z.discriminatedUnion('type', [textSchema, imageSchema, documentSchema]))])
    .optional(),
  is_error: z.boolean().optional(),
  cache_control,
});

const thinkingSchema = z.strictObject({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: z.string(),
});

const redactedThinkingSchema = z.strictObject({ type: z.literal('redacted_thinking'), data: z.string() });

export const systemContentSchema = z.union([z.string(), z.array(textSchema)]);

/**
 * One turn. Turns with server tools, uploaded files and search results are not taken: no other vendor could run them.
 * Source: @anthropic-ai/sdk 1.11 `MessageParam`.
 */
export const anthropicTurnSchema = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('user'),
    content: z.union([
      z.string(),
      z
        .array(z.discriminatedUnion('type', [textSchema, imageSchema, documentSchema, toolResultSchema]))
        .min(1),
    ]),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([
      z.string(),
      z.array(
        z.discriminatedUnion('type', [textSchema, toolUseSchema, thinkingSchema, redactedThinkingSchema]),
      ),
    ]),
  }),
]);

export type AnthropicTurn = z.infer<typeof anthropicTurnSchema>;
export type AnthropicUserBlock = Exclude<Extract<AnthropicTurn, { role: 'user' }>['content'], string>[number];
export type AnthropicAssistantBlock = Exclude<
  Extract<AnthropicTurn, { role: 'assistant' }>['content'],
  string
>[number];
