import { z } from 'zod';

/** Which vendor made a reasoning block, and in which form; only that vendor can take it back. */
export const REASONING_FORMATS = ['anthropic-claude-v1', 'google-gemini-v1'] as const;
export type ReasoningFormat = (typeof REASONING_FORMATS)[number];

/**
 * A vendor's own reasoning, kept so that the next turn can give it back: Anthropic's `thinking` and
 * `redacted_thinking` blocks, Gemini's thought signatures. In the shape that OpenRouter made common.
 * At another vendor it is left out.
 */
export const reasoningDetailSchema = z.looseObject({
  type: z.enum(['reasoning.text', 'reasoning.encrypted', 'reasoning.summary']),
  format: z.string(),
  /** Position among the blocks of the message. */
  index: z.number().int().nonnegative().optional(),
  text: z.string().optional(),
  signature: z.string().nullable().optional(),
  /** Of `reasoning.encrypted`. */
  data: z.string().optional(),
  summary: z.string().optional(),
  /** The tool call that a Gemini thought signature belongs to. */
  tool_call_id: z.string().optional(),
});
export type ReasoningDetail = z.infer<typeof reasoningDetailSchema>;
