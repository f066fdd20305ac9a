import { spawnSync } from 'node:child_process';

/** Whether the command exists and ends with exit code 0 within `timeoutMs`; prints nothing. */
export function answers(command, commandArguments, timeoutMs = 10_000) {
  return spawnSync(command, commandArguments, { stdio: 'ignore', timeout: timeoutMs }).status === 0;
}
