import { InvalidArgumentError } from 'commander';

/** For commander options: a whole number from 0. */
export function parseWholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('must be a whole number.');
  return Number(text);
}
