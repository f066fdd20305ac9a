import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import { tokenCount } from '../call/token-count.ts';

const dollars = z.number().nonnegative().nullish().catch(null);

/**
 * Source: OpenAI API reference, "CompletionUsage"; `prompt_cache_hit_tokens` is DeepSeek's, `cache_write_tokens`
 * OpenRouter's, and so are the costs ("Usage Accounting").
 */
export const usageReportSchema = z.object({
  prompt_tokens: tokenCount,
  completion_tokens: tokenCount,
  total_tokens: tokenCount,
  prompt_cache_hit_tokens: tokenCount,
  prompt_tokens_details: z
    .object({ cached_tokens: tokenCount, cache_write_tokens: tokenCount, audio_tokens: tokenCount })
    .nullish()
    .catch(null),
  completion_tokens_details: z
    .object({ reasoning_tokens: tokenCount, audio_tokens: tokenCount })
    .nullish()
    .catch(null),
  cost: dollars,
  is_byok: z.boolean().nullish().catch(null),
  cost_details: z.object({ upstream_inference_cost: dollars }).nullish().catch(null),
});
export type UsageReport = z.infer<typeof usageReportSchema>;

/** Usage in normal form; null when the report has no counts. */
export function usageOf(report: UsageReport | null | undefined): Usage | null {
  if (!report || (report.prompt_tokens === undefined && report.completion_tokens === undefined)) return null;
  const prompt = report.prompt_tokens ?? 0;
  const reasoning = report.completion_tokens_details?.reasoning_tokens ?? 0;
  const stated = report.completion_tokens ?? 0;
  // xAI counts reasoning beside the completion; its total gives that away.
  const reasoningIsBeside = reasoning > 0 && report.total_tokens === prompt + stated + reasoning;
  const completion = reasoningIsBeside ? stated + reasoning : Math.max(stated, reasoning);
  const audioInput = report.prompt_tokens_details?.audio_tokens ?? 0;
  const audioOutput = report.completion_tokens_details?.audio_tokens ?? 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    reasoning_tokens: reasoning,
    cache_read_tokens: report.prompt_tokens_details?.cached_tokens ?? report.prompt_cache_hit_tokens ?? 0,
    cache_write_tokens: report.prompt_tokens_details?.cache_write_tokens ?? 0,
    total_tokens: prompt + completion,
    ...(audioInput > 0 ? { audio_input_tokens: audioInput } : {}),
    ...(audioOutput > 0 ? { audio_output_tokens: audioOutput } : {}),
  };
}

/**
 * US dollars that the server says the call cost; null when it does not say. With the caller's own key at the vendor
 * behind OpenRouter, `cost` is its fee alone, and what the vendor charges comes on top.
 */
export function costOf(report: UsageReport | null | undefined): number | null {
  if (typeof report?.cost !== 'number') return null;
  const ownKey = report.is_byok ? (report.cost_details?.upstream_inference_cost ?? 0) : 0;
  return Number((report.cost + ownKey).toFixed(12));
}
