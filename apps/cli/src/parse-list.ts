import { InvalidArgumentError } from 'commander';

/** For commander options: `a,b,c`. */
export function parseList(text: string): string[] {
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0)
    throw new InvalidArgumentError('must name at least one, several separated by commas.');
  return parts;
}
