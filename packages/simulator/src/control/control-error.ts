import { z } from 'zod';

/** The answer to a control request that can't be carried out; null: a defect of the simulator. */
export function controlError(error: unknown): { error: { message: string; code: string } } | null {
  if (error instanceof z.ZodError) {
    return { error: { message: z.prettifyError(error), code: 'invalid_request' } };
  }
  if (error instanceof SyntaxError) {
    return { error: { message: `The body is not valid JSON: ${error.message}`, code: 'invalid_json' } };
  }
  return error instanceof RangeError ? { error: { message: error.message, code: 'invalid_request' } } : null;
}
