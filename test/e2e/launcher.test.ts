import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawnCommand } from './spawn-command.ts';

const WORKSPACE = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['SIGINT', 'SIGTERM'] as const)('npm start ends in order on %s', async (signal) => {
  const start = spawnCommand('npm', ['start', '--', '--port', '0', '--folder', folder], { cwd: WORKSPACE });
  const [, url] = await start.waitForOutput(/Base URL: +(\S+)/);
  await start.waitForOutput(/Ctrl-C ends it/);
  expect((await fetch(`${url}/livez`)).status).toBe(200);
  expect(existsSync(join(folder, 'redis', 'owner.json'))).toBe(true);

  start.child.kill(signal);
  await start.succeeded();

  expect(existsSync(join(folder, 'redis', 'owner.json'))).toBe(false);
  await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed');
});

test('the broker ends in order when npm is killed', async () => {
  const start = spawnCommand('npm', ['start', '--', '--port', '0', '--folder', folder], { cwd: WORKSPACE });
  await start.waitForOutput(/Ctrl-C ends it/);

  start.child.kill('SIGKILL');

  // The pipes close when the last process that holds them, the broker, has ended.
  await start.exited;
  expect(existsSync(join(folder, 'redis', 'owner.json'))).toBe(false);
});

test('arguments and exit codes pass through unchanged', async () => {
  const prompt = 'a "quoted" $prompt with * and spaces';
  const launched = spawnCommand(
    process.execPath,
    ['scripts/run.mjs', 'submit', '--prompt', prompt, '--tier', prompt],
    { cwd: WORKSPACE },
  );

  const { code, stdout, stderr } = await launched.exited;

  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`'${prompt}' is invalid`);
});
