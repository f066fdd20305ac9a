import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CrashTask } from './crash-child.ts';

const CRASHES_WITHIN_MS = 30_000;

/**
 * Runs a process until it has crashed: at its point, or, without one, when `reached` resolves.
 * Rejects with its output when it ends otherwise or not in time; it is gone in any case.
 */
export async function runUntilCrash(task: CrashTask, reached: () => Promise<unknown>): Promise<void> {
  const child = fork(join(import.meta.dirname, 'crash-child.ts'), [JSON.stringify(task)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let output = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-4_000);
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const late = setTimeout(() => child.kill('SIGTERM'), CRASHES_WITHIN_MS);
  try {
    if (task.point === null) {
      await Promise.race([reached(), exited]);
      child.kill('SIGKILL');
    }
    const [code, signal] = await exited;
    if (signal !== 'SIGKILL')
      throw new Error(`The ${task.role} ended with ${signal ?? code} and did not crash: ${output}`);
  } finally {
    clearTimeout(late);
    await end(child);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
