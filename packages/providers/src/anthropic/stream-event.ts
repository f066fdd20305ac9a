import { z } from 'zod';
import { stopDetailsSchema } from './refused.ts';
import { usageReportSchema } from './usage-of.ts';

/** Source: Anthropic's guide "Streaming messages". Events of other types are ignored, as the guide asks. */
export const streamEventSchema = z.object({
  type: z.string(),
  index: z.number().int().optional().catch(undefined),
  message: z
    .object({
      id: z.string().optional().catch(undefined),
      model: z.string().optional().catch(undefined),
      usage: usageReportSchema.nullish().catch(null),
    })
    .optional(),
  content_block: z
    .object({
      type: z.string(),
      text: z.string().optional().catch(undefined),
      thinking: z.string().optional().catch(undefined),
      signature: z.string().optional().catch(undefined),
      data: z.string().optional().catch(undefined),
      id: z.string().optional().catch(undefined),
      name: z.string().optional().catch(undefined),
      input: z.unknown().optional(),
    })
    .optional(),
  delta: z
    .object({
      type: z.string().optional(),
      text: z.string().optional(),
      partial_json: z.string().optional(),
      thinking: z.string().optional(),
      signature: z.string().optional(),
      stop_reason: z.string().nullish(),
      stop_details: stopDetailsSchema,
    })
    .optional(),
  usage: usageReportSchema.nullish().catch(null),
});
export type StreamEvent = z.infer<typeof streamEventSchema>;
