import { z } from 'zod';

/*
 * What comes back from an earlier answer is loose: OpenAI's clients add fields of their own to it (`parsed`,
 * `parsed_arguments`), and callers hand it back as they got it.
 * Source: OpenAI API reference, "Create a model response", `input`.
 */

const inputPartSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('input_text'), text: z.string() }),
  z.strictObject({
    type: z.literal('input_image'),
    image_url: z.string().min(1, 'must be a URL or a data URL: files are not kept by id here'),
    detail: z.enum(['auto', 'low', 'high', 'original']).nullish(),
    file_id: z.null('must be null: files are not kept by id here').optional(),
  }),
  z.strictObject({
    type: z.literal('input_file'),
    file_data: z.string().min(1).nullish(),
    file_url: z.string().min(1).nullish(),
    filename: z.string().max(256).nullish(),
    detail: z.enum(['auto', 'low', 'high']).nullish(),
    file_id: z.null('must be null: files are not kept by id here').optional(),
  }),
  z.strictObject({
    type: z.literal('input_audio'),
    input_audio: z.strictObject({ data: z.base64(), format: z.enum(['wav', 'mp3']) }),
  }),
]);
export type InputPart = z.infer<typeof inputPartSchema>;

const outputPartSchema = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('output_text'), text: z.string() }),
  z.looseObject({ type: z.literal('input_text'), text: z.string() }),
  z.looseObject({ type: z.literal('refusal'), refusal: z.string() }),
]);

const type = z.literal('message').optional();

export const inputItemSchema = z.union([
  z.looseObject({
    type,
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(outputPartSchema)]),
  }),
  z.strictObject({
    type,
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([z.string(), z.array(inputPartSchema).min(1)]),
    id: z.string().nullish(),
    status: z.string().nullish(),
  }),
  z.looseObject({
    type: z.literal('function_call'),
    call_id: z.string().min(1).max(256),
    name: z.string(),
    arguments: z.string(),
  }),
  z.looseObject({
    type: z.literal('function_call_output'),
    call_id: z.string().min(1),
    output: z.union([z.string(), z.array(inputPartSchema).min(1)]),
  }),
  z.looseObject({
    type: z.literal('reasoning'),
    summary: z.array(z.looseObject({ text: z.string() })).default([]),
    encrypted_content: z.string().nullish(),
  }),
  /** An item of an earlier response, by its id. */
  z.strictObject({ type: z.literal('item_reference').optional(), id: z.string().min(1) }),
]);
export type InputItem = z.infer<typeof inputItemSchema>;
