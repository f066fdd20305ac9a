import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LimiterChildMessage, LimiterChildTask } from './limiter-child.ts';
import { until } from './limiter-until.ts';

export interface LimiterProcess {
  process: ChildProcess;
  count(type: LimiterChildMessage['type']): number;
  begin(): void;
  /** Ends it whatever state it is in, also frozen. */
  kill(): Promise<void>;
}

/** Forks a process that shares the buckets, and waits until it is connected. */
export async function forkLimiterProcess(task: LimiterChildTask): Promise<LimiterProcess> {
  const child = fork(join(import.meta.dirname, 'limiter-child.ts'), [JSON.stringify(task)], { execArgv: [] });
  const messages: LimiterChildMessage[] = [];
  child.on('message', (message) => messages.push(message as LimiterChildMessage));
  const count = (type: LimiterChildMessage['type']) =>
    messages.filter((message) => message.type === type).length;
  await until('child process ready', () => count('ready') > 0);
  return {
    process: child,
    count,
    begin: () => void child.send('begin'),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
