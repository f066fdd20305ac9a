import { readFileSync } from 'node:fs';
import { CliError } from './cli-error.ts';

/** The JSON of a file, or of stdin for `-`. */
export function readSubmissionFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path === '-' ? 0 : path, 'utf8');
  } catch (error) {
    throw new CliError(`${path} can't be read: ${(error as Error).message}`, 2);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path} is not JSON: ${(error as Error).message}`, 2);
  }
}
