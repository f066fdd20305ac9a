import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseProcessStat } from './parse-process-stat.ts';
import type { ProcessIdentity } from './process-identity.ts';

/** What Linux says of this process; null where there is no `/proc`, or where it is another machine's. */
export function readProcessIdentity(): ProcessIdentity | null {
  try {
    const parts = [
      readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      hostname(),
      readlinkSync('/proc/self/ns/pid'),
      // The start of a process is told by the clock of the one who asks.
      readTimeNamespace(),
    ];
    const stat = parseProcessStat(readFileSync('/proc/self/stat', 'utf8'));
    if (stat === null || stat.pid !== process.pid) return null;
    const place = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
    return { place, process: `${stat.pid}.${stat.startedAt}` };
  } catch {
    return null;
  }
}

function readTimeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    // Before Linux 5.6 there is one for all.
    return '';
  }
}
