import { OpenaiInvalid } from './openai-invalid.ts';

const ARTICLES: Record<string, string> = { string: 'a string', boolean: 'a boolean', object: 'an object' };

/** A number within bounds, null when absent, else OpenAI's refusal. */
export function readOpenaiNumber(
  body: Record<string, unknown>,
  param: string,
  { min, max, integer = false }: { min: number; max: number; integer?: boolean },
): number | null {
  const value = body[param];
  if (value === undefined || value === null) return null;
  const type = integer ? 'integer' : 'decimal';
  if (typeof value !== 'number' || (integer && !Number.isInteger(value))) {
    const got = Array.isArray(value) ? 'an array' : (ARTICLES[typeof value] ?? 'a decimal number');
    const wanted = integer ? 'an integer' : 'a decimal';
    throw new OpenaiInvalid(`Invalid type for '${param}': expected ${wanted}, but got ${got} instead.`, {
      param,
      code: 'invalid_type',
    });
  }
  if (value < min || value > max) {
    const [side, sign, bound] = value < min ? ['below minimum', '>=', min] : ['above maximum', '<=', max];
    throw new OpenaiInvalid(
      `Invalid '${param}': ${type} ${side} value. Expected a value ${sign} ${bound}, but got ${value} instead.`,
      { param, code: `${type}_${value < min ? 'below_min' : 'above_max'}_value` },
    );
  }
  return value;
}
