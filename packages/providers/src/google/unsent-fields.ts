import type { ChatRequest, Warning } from '@sluice/contracts';
import { parameterDropped } from '../request/parameter-warning.ts';
import { unsupportedParameters } from '../request/unsupported-parameters.ts';

const UNKNOWN_TO_GEMINI = [
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'logit_bias',
  'verbosity',
] as const;

/** A warning for each field that Gemini has no place for. */
export function unsentFields(request: ChatRequest): Warning[] {
  const warnings = unsupportedParameters(request, UNKNOWN_TO_GEMINI, 'Gemini');
  const parts = request.messages.flatMap(({ content }) =>
    Array.isArray(content) ? (content as Part[]) : [],
  );
  if (parts.some((part) => part.cache_control) || request.tools?.some((tool) => tool.cache_control)) {
    warnings.push(parameterDropped('cache_control', 'Gemini finds long common beginnings by itself'));
  }
  if (parts.some(({ image_url: image }) => image?.detail !== undefined && image.detail !== 'auto')) {
    warnings.push(parameterDropped('image_url.detail', 'Gemini has one resolution for all images'));
  }
  return warnings;
}

interface Part {
  cache_control?: unknown;
  image_url?: { detail?: string };
}
