import { parseDurationMs } from '@sluice/contracts';
import { InvalidArgumentError } from 'commander';

/** For commander options: milliseconds of `30s`, `15m`, `24h`. */
export function parseDuration(text: string): number {
  const milliseconds = parseDurationMs(text);
  if (milliseconds === null) throw new InvalidArgumentError('must be a duration such as 30s, 15m or 24h.');
  return milliseconds;
}
