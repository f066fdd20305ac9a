import type { z } from 'zod';

/** A route's `response` entry with a description, for the OpenAPI document. */
export function jsonResponse(
  description: string,
  schema: z.ZodType,
): { description: string; content: { 'application/json': { schema: z.ZodType } } } {
  return { description, content: { 'application/json': { schema } } };
}
