import { z } from 'zod';
import { usageReportSchema } from './usage-of.ts';

/** An answer or one piece of a stream. Source: Gemini API reference, "GenerateContentResponse". */
export const answerSchema = z.object({
  responseId: z.string().optional().catch(undefined),
  modelVersion: z.string().optional().catch(undefined),
  candidates: z
    .array(
      z.object({
        content: z
          .object({
            parts: z
              .array(z.object({ text: z.string().optional(), thought: z.boolean().optional() }))
              .nullish(),
          })
          .nullish(),
        finishReason: z.string().nullish(),
      }),
    )
    .nullish(),
  promptFeedback: z.object({ blockReason: z.string().nullish() }).nullish().catch(null),
  usageMetadata: usageReportSchema.nullish().catch(null),
  error: z.object({ code: z.number().optional().catch(undefined), message: z.string().catch('') }).optional(),
});
export type GoogleAnswer = z.infer<typeof answerSchema>;

/** The text that a candidate shows; its thoughts are not part of the answer. */
export function shownText(candidate: NonNullable<GoogleAnswer['candidates']>[number] | undefined): string {
  const parts = candidate?.content?.parts ?? [];
  return parts
    .filter((part) => !part.thought)
    .map((part) => part.text ?? '')
    .join('');
}
