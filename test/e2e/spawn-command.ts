import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';

/** What would make a run depend on the machine it runs on: keys of providers, a Redis, a configuration. */
const LEFT_OUT =
  /^(SLUICE_(?!CHROMIUM)|REDIS_|PORT$|HOST$|HEALTH_PORT$|PUBLIC_BASE_URL$|LOG_LEVEL$|.*_API_KEY$|NODE_OPTIONS$|VITEST|NODE_PATH$|NODE_ENV$|npm_)/;

export interface SpawnedCommand {
  child: ChildProcess;
  /** Resolves with the first match in stdout; rejects when the process ends before, or after `timeoutMs`. */
  waitForOutput(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  exited: Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** As `exited`, but rejects with what it wrote when the exit code is not 0. */
  succeeded(): Promise<{ stdout: string; stderr: string }>;
}

/** Starts a command with a clean environment. */
export function spawnCommand(
  command: string,
  commandArguments: readonly string[],
  { cwd, environment = {}, input }: { cwd: string; environment?: Record<string, string>; input?: string },
): SpawnedCommand {
  const clean = Object.entries(process.env).filter(([name]) => !LEFT_OUT.test(name));
  // As a user's shell has it: under `npm test` npm puts wrappers of the workspace's own Node in front.
  const path = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'));
  const child = spawn(command, commandArguments, {
    cwd,
    env: { ...Object.fromEntries(clean), PATH: path.join(delimiter), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const exited = once(child, 'close').then(([code]) => ({ code: code as number | null, ...text }));

  function waitForOutput(pattern: RegExp, timeoutMs = 60_000): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const finish = (outcome: () => void): void => {
        clearTimeout(timer);
        child.stdout.off('data', look);
        outcome();
      };
      const fail = (reason: string): void =>
        finish(() => reject(new Error(`${reason} before ${pattern}: ${text.stdout}\n${text.stderr}`)));
      const timer = setTimeout(() => fail(`nothing for ${timeoutMs} ms`), timeoutMs);
      const look = (): void => {
        const match = pattern.exec(text.stdout);
        if (match) finish(() => resolve(match));
      };
      child.stdout.on('data', look);
      void exited.then(() => fail('the process ended'));
      look();
    });
  }
  async function succeeded(): Promise<{ stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await exited;
    if (code !== 0) throw new Error(`exit code ${code}\n${stdout}\n${stderr}`);
    return { stdout, stderr };
  }
  return { child, waitForOutput, exited, succeeded };
}
