import { z } from 'zod';

/** Marks the end of a prefix that the vendor should cache. Source: Anthropic API, "Prompt caching". */
export const cacheControlSchema = z.strictObject({
  type: z.literal('ephemeral'),
  ttl: z.enum(['5m', '1h']).optional(),
});
export type CacheControl = z.infer<typeof cacheControlSchema>;

const cache_control = cacheControlSchema.optional();

export const textPartSchema = z.strictObject({ type: z.literal('text'), text: z.string(), cache_control });

/** `url`: `https://…`, or `data:<media type>;base64,…`. */
export const imagePartSchema = z.strictObject({
  type: z.literal('image_url'),
  image_url: z.strictObject({
    url: z.string().min(1),
    detail: z.enum(['auto', 'low', 'high', 'original']).optional(),
  }),
  cache_control,
});

export const audioPartSchema = z.strictObject({
  type: z.literal('input_audio'),
  input_audio: z.strictObject({ data: z.base64(), format: z.enum(['wav', 'mp3']) }),
  cache_control,
});

/** `file_data`: a data URL or an https URL of a PDF. */
export const filePartSchema = z.strictObject({
  type: z.literal('file'),
  file: z.strictObject({ file_data: z.string().min(1), filename: z.string().max(256).optional() }),
  cache_control,
});

/** `url`: `https://…`, or a data URL. Not an OpenAI part; the form that aggregators use. */
export const videoPartSchema = z.strictObject({
  type: z.literal('video_url'),
  video_url: z.strictObject({ url: z.string().min(1) }),
  cache_control,
});

export const refusalPartSchema = z.strictObject({ type: z.literal('refusal'), refusal: z.string() });

/**
 * Parts of an earlier answer, as callers hand them back: clients put what they know of the answer beside the text
 * (openai-agents: `role`, `refusal`), which means nothing here and is left out.
 */
export const assistantPartSchema = z.discriminatedUnion('type', [
  z.object(textPartSchema.shape),
  z.object(refusalPartSchema.shape),
]);

export const userPartSchema = z.discriminatedUnion('type', [
  textPartSchema,
  imagePartSchema,
  audioPartSchema,
  filePartSchema,
  videoPartSchema,
]);
export type UserPart = z.infer<typeof userPartSchema>;
