import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import { tokenCount } from '../call/token-count.ts';

const modalitiesSchema = z
  .array(z.object({ modality: z.string().catch(''), tokenCount }))
  .nullish()
  .catch(null);

/** Source: Gemini API reference, "UsageMetadata". */
export const usageReportSchema = z.object({
  promptTokenCount: tokenCount,
  candidatesTokenCount: tokenCount,
  thoughtsTokenCount: tokenCount,
  cachedContentTokenCount: tokenCount,
  toolUsePromptTokenCount: tokenCount,
  promptTokensDetails: modalitiesSchema,
  candidatesTokensDetails: modalitiesSchema,
});

/**
 * Usage in normal form. Gemini counts cached tokens inside the prompt, thoughts beside the candidates, and what its
 * own tools read beside both.
 */
export function usageOf(report: z.infer<typeof usageReportSchema> | null | undefined): Usage | null {
  if (!report || (report.promptTokenCount === undefined && report.candidatesTokenCount === undefined))
    return null;
  const prompt = (report.promptTokenCount ?? 0) + (report.toolUsePromptTokenCount ?? 0);
  const thoughts = report.thoughtsTokenCount ?? 0;
  const completion = (report.candidatesTokenCount ?? 0) + thoughts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    reasoning_tokens: thoughts,
    cache_read_tokens: report.cachedContentTokenCount ?? 0,
    cache_write_tokens: 0,
    total_tokens: prompt + completion,
    ...audio('audio_input_tokens', report.promptTokensDetails),
    ...audio('audio_output_tokens', report.candidatesTokensDetails),
  };
}

function audio(
  field: 'audio_input_tokens' | 'audio_output_tokens',
  modalities: z.infer<typeof modalitiesSchema>,
): Partial<Usage> {
  const tokens = modalities?.find(({ modality }) => modality === 'AUDIO')?.tokenCount ?? 0;
  return tokens > 0 ? { [field]: tokens } : {};
}
