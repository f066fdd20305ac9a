import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { workspaceRoot } from './workspace-root.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const PARENT_CHECK_MS = 1_000;

/**
 * Runs a command with this process's terminal and resolves with its exit code (128 + n after signal n).
 * Signals are passed on, except a SIGINT typed at a terminal: the terminal has sent that to the child already.
 * The child is also asked to end when npm, which started us, was killed: it would hold its port and files for ever.
 *
 * @param {string} command
 * @param {readonly string[]} commandArguments passed unchanged
 * @returns {Promise<number>}
 */
export function runChild(command, commandArguments, environment = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: workspaceRoot,
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    const forward = (signal) => {
      if (signal === 'SIGINT' && process.stdin.isTTY) return;
      child.kill(signal);
    };
    const parent = process.ppid;
    const parentCheck = setInterval(() => {
      if (!process.env.npm_lifecycle_event || process.ppid === parent) return;
      // Once: a second signal means "at once" to the broker.
      clearInterval(parentCheck);
      child.kill('SIGTERM');
    }, PARENT_CHECK_MS);
    const stopForwarding = () => {
      clearInterval(parentCheck);
      FORWARDED.forEach((signal) => process.off(signal, forward));
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
