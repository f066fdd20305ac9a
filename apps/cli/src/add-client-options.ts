import type { Command } from 'commander';

export interface ClientOptions {
  url?: string;
  key?: string;
  json?: boolean;
}

/** The options of every command that talks to a running broker. */
export function addClientOptions(command: Command): Command {
  return command
    .option('--url <url>', 'base URL of the broker (default: the one that `sluice dev` runs)')
    .option('--key <key>', 'API key (default: SLUICE_ADMIN_KEY, else the key of `sluice dev`)')
    .option('--json', 'print the result as JSON');
}
