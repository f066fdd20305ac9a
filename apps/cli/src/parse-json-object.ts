import { InvalidArgumentError } from 'commander';

/** An option's value that is a JSON object. */
export function parseJsonObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new InvalidArgumentError('must be a JSON object.');
}
