import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Path of the Chromium that set-up found (`SLUICE_CHROMIUM`, a name or a path); null when there is none. */
export function browserPath(): string | null {
  const name = process.env['SLUICE_CHROMIUM'] ?? 'chromium';
  const candidates = name.includes('/')
    ? [name]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
