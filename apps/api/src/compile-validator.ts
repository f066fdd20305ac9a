import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';
import { toValidationError } from './to-validation-error.ts';

/** Validates with zod and answers faults in the contract's words; the parsed value replaces what was sent. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const place = httpPart === 'querystring' ? 'query' : (httpPart ?? 'body');
  return (data: unknown) => {
    const parsed = z.safeParse(schema, data);
    return parsed.success ? { value: parsed.data } : { error: toValidationError(parsed.error, place) };
  };
};
