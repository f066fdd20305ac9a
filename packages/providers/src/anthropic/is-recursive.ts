import type { JsonSchema } from '@sluice/contracts';
import { inlineReferences } from '@sluice/core';

/** Whether a JSON Schema leads into itself, which Anthropic's structured outputs and strict tools refuse. */
export function isRecursive(schema: JsonSchema): boolean {
  const inlined = inlineReferences(schema);
  return inlined.status === 'refused' && inlined.recursive;
}
