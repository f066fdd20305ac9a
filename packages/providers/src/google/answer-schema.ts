import { z } from 'zod';
import { usageReportSchema } from './usage-of.ts';

/** One part of a candidate's content; kinds that the broker did not ask for are ignored. */
const partSchema = z.object({
  text: z.string().optional().catch(undefined),
  thought: z.boolean().optional().catch(undefined),
  thoughtSignature: z.string().optional().catch(undefined),
  functionCall: z
    .object({
      id: z.string().optional().catch(undefined),
      name: z.string().catch(''),
      args: z.record(z.string(), z.unknown()).nullish().catch(null),
    })
    .optional()
    .catch(undefined),
});

const ratingsSchema = z
  .array(z.object({ category: z.string().catch(''), blocked: z.boolean().nullish().catch(null) }))
  .nullish()
  .catch(null);

const tokenSchema = z.object({ token: z.string().catch(''), logProbability: z.number().catch(0) });

const candidateSchema = z.object({
  index: z.number().int().nonnegative().optional().catch(undefined),
  content: z.object({ parts: z.array(partSchema).nullish() }).nullish(),
  finishReason: z.string().nullish(),
  finishMessage: z.string().nullish().catch(null),
  safetyRatings: ratingsSchema,
  logprobsResult: z
    .object({
      chosenCandidates: z.array(tokenSchema).nullish().catch(null),
      topCandidates: z
        .array(z.object({ candidates: z.array(tokenSchema).nullish().catch(null) }))
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});
export type GoogleCandidate = z.infer<typeof candidateSchema>;

/** An answer or one piece of a stream. Source: Gemini API reference, "GenerateContentResponse". */
export const answerSchema = z.object({
  responseId: z.string().optional().catch(undefined),
  modelVersion: z.string().optional().catch(undefined),
  candidates: z.array(candidateSchema).nullish(),
  promptFeedback: z
    .object({
      blockReason: z.string().nullish(),
      blockReasonMessage: z.string().nullish().catch(null),
      safetyRatings: ratingsSchema,
    })
    .nullish()
    .catch(null),
  usageMetadata: usageReportSchema.nullish().catch(null),
  error: z.object({ code: z.number().optional().catch(undefined), message: z.string().catch('') }).optional(),
});
export type GoogleAnswer = z.infer<typeof answerSchema>;
