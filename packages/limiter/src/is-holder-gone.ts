import { readFileSync } from 'node:fs';
import { parseProcessStat } from './parse-process-stat.ts';

/**
 * Whether a holder in the place of this process is surely gone: its number is free, was given to another process, or
 * belongs to one that has ended and is not buried yet. False when in doubt. A frozen process is not gone.
 */
export function isHolderGone(holder: string): boolean {
  const [, pid, startedAt] = /:(\d+)\.(\d+)$/.exec(holder) ?? [];
  if (pid === undefined || startedAt === undefined) return false;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat !== null && (stat.startedAt !== startedAt || stat.state === 'Z' || stat.state === 'X');
  } catch {
    // It may be hidden.
    return false;
  }
}
