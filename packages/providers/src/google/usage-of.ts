import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import { tokenCount } from '../call/token-count.ts';

/** Source: Gemini API reference, "UsageMetadata". */
export const usageReportSchema = z.object({
  promptTokenCount: tokenCount,
  candidatesTokenCount: tokenCount,
  thoughtsTokenCount: tokenCount,
  cachedContentTokenCount: tokenCount,
});

/** Usage in normal form: cached tokens are inside the prompt, thoughts beside the candidates. */
export function usageOf(report: z.infer<typeof usageReportSchema> | null | undefined): Usage | null {
  if (!report || (report.promptTokenCount === undefined && report.candidatesTokenCount === undefined))
    return null;
  const prompt = report.promptTokenCount ?? 0;
  const thoughts = report.thoughtsTokenCount ?? 0;
  const completion = (report.candidatesTokenCount ?? 0) + thoughts;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    reasoning_tokens: thoughts,
    cache_read_tokens: report.cachedContentTokenCount ?? 0,
    cache_write_tokens: 0,
    total_tokens: prompt + completion,
  };
}
