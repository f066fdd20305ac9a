import type { Environment } from '@sluice/runtime';

/** What every command gets; tests give their own streams. */
export interface CommandContext {
  environment: Environment;
  /** Where `sluice dev` keeps its state. */
  folder: string;
  /** Results. */
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  /** Everything else. */
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}
