import { fileURLToPath } from 'node:url';
import { spawnCommand, type SpawnedCommand } from './spawn-command.ts';

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url));

/** One `sluice` command, run in a folder of its own. */
export function spawnSluice(
  commandArguments: readonly string[],
  options: { cwd: string; environment?: Record<string, string>; input?: string },
): SpawnedCommand {
  return spawnCommand(process.execPath, [MAIN, ...commandArguments], options);
}
