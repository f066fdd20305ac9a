import type { ChatRequest, Warning } from '@sluice/contracts';
import { parameterChanged, parameterDropped } from './parameter-warning.ts';

/**
 * The answer's token limit that the caller asked for: `max_completion_tokens` wins over the older `max_tokens`.
 * `maxOutputTokens`, where given, is the most that the model takes. Null when the caller set none.
 */
export function tokenLimit(
  { max_completion_tokens: newer, max_tokens: older }: ChatRequest,
  maxOutputTokens: number | undefined,
): { limit: number | null; warnings: Warning[] } {
  const asked = newer ?? older ?? null;
  const warnings: Warning[] = [];
  if (newer !== undefined && older !== undefined && newer !== older) {
    warnings.push(parameterDropped('max_tokens', 'max_completion_tokens is given as well and wins'));
  }
  if (asked === null || maxOutputTokens === undefined || asked <= maxOutputTokens) {
    return { limit: asked, warnings };
  }
  const param = newer === undefined ? 'max_tokens' : 'max_completion_tokens';
  warnings.push(parameterChanged(param, `${asked} to ${maxOutputTokens}, the most that the model takes`));
  return { limit: maxOutputTokens, warnings };
}
