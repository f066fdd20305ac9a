import type { ChatRequest } from '@sluice/contracts';
import { parameterDropped } from '../request/parameter-warning.ts';
import { isSince, type GeminiModel } from './gemini-model.ts';
import type { GoogleFields } from './google-fields.ts';

/** Source: Gemini API, "Flex inference" and "Priority inference"; models since 2.5. The ordinary tier has no name. */
export function serviceTier(
  { service_tier: tier }: ChatRequest,
  model: GeminiModel,
): GoogleFields<{ serviceTier?: string }> {
  if (tier !== 'flex' && tier !== 'priority') return { fields: {}, warnings: [] };
  return isSince(model, 2.5)
    ? { fields: { serviceTier: tier }, warnings: [] }
    : { fields: {}, warnings: [parameterDropped('service_tier', 'the model has one tier only')] };
}
