import { z } from 'zod';
import { cacheControlSchema } from './content-part.ts';

/** Source: OpenAI's function declarations. Gemini wants no digit or - at the beginning, which `checkRequest` says. */
const toolNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be letters, digits, _ or -, at most 64');

/** A JSON Schema, as the caller wrote it. Checked as far as no vendor could take it otherwise. */
export const jsonSchemaSchema = z.record(z.string(), z.unknown());
export type JsonSchema = z.infer<typeof jsonSchemaSchema>;

export const functionToolSchema = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: toolNameSchema,
    description: z.string().optional(),
    /** Omitted: a function without parameters. */
    parameters: jsonSchemaSchema.optional(),
    strict: z.boolean().nullable().optional(),
  }),
  cache_control: cacheControlSchema.optional(),
});
export type FunctionTool = z.infer<typeof functionToolSchema>;

export const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
  z.strictObject({
    type: z.literal('allowed_tools'),
    allowed_tools: z.strictObject({
      mode: z.enum(['auto', 'required']),
      tools: z.array(
        z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string() }) }),
      ),
    }),
  }),
]);
export type ToolChoice = z.infer<typeof toolChoiceSchema>;

export const toolCallSchema = z.strictObject({
  id: z.string().min(1).max(256),
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string(),
    /** JSON text; may be empty. */
    arguments: z.string(),
  }),
});
export type ToolCall = z.infer<typeof toolCallSchema>;

/**
 * A call as callers hand it back: with what OpenAI's clients and streams add to it (`parsed_arguments`, `index`),
 * which means nothing here.
 */
export const returnedToolCallSchema = toolCallSchema.extend({
  index: z.number().int().nonnegative().optional(),
  function: toolCallSchema.shape.function.extend({ parsed_arguments: z.unknown().optional() }),
});

export const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().min(1).max(64),
      description: z.string().optional(),
      schema: jsonSchemaSchema.optional(),
      strict: z.boolean().nullable().optional(),
    }),
  }),
]);
export type ResponseFormat = z.infer<typeof responseFormatSchema>;
