import type { Usage } from '@sluice/contracts';
import { z } from 'zod';
import { tokenCount } from '../call/token-count.ts';

/** Source: Anthropic API reference, "Messages", `usage`. Every field may be absent in a stream's later reports. */
export const usageReportSchema = z.object({
  input_tokens: tokenCount,
  output_tokens: tokenCount,
  cache_creation_input_tokens: tokenCount,
  cache_read_input_tokens: tokenCount,
  /** Of the cache creation, by how long it is kept. */
  cache_creation: z.object({ ephemeral_1h_input_tokens: tokenCount }).nullish().catch(null),
  output_tokens_details: z.object({ thinking_tokens: tokenCount }).nullish().catch(null),
  service_tier: z.string().nullish().catch(null),
});
export type UsageReport = z.infer<typeof usageReportSchema>;

/** A report with the fields of a newer one over it: figures of a stream are running totals and are not added. */
export function newerUsage(before: UsageReport | null, newer: UsageReport): UsageReport {
  const present = Object.entries(newer).filter(([, value]) => value !== undefined && value !== null);
  return { ...before, ...Object.fromEntries(present) };
}

/** Usage in normal form: Anthropic counts cache tokens beside the input. Null when the report has no counts. */
export function usageOf(report: UsageReport | null | undefined): Usage | null {
  if (!report || (report.input_tokens === undefined && report.output_tokens === undefined)) return null;
  const cacheRead = report.cache_read_input_tokens ?? 0;
  const cacheWrite = report.cache_creation_input_tokens ?? 0;
  const prompt = (report.input_tokens ?? 0) + cacheRead + cacheWrite;
  const completion = report.output_tokens ?? 0;
  const hourly = Math.min(cacheWrite, report.cache_creation?.ephemeral_1h_input_tokens ?? 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    reasoning_tokens: report.output_tokens_details?.thinking_tokens ?? 0,
    cache_read_tokens: cacheRead,
    cache_write_tokens: cacheWrite,
    total_tokens: prompt + completion,
    ...(hourly > 0 ? { cache_write_1h_tokens: hourly } : {}),
  };
}
