import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from './say.mjs';
import { SetUpError } from './set-up-error.mjs';
import { workspaceRoot } from './workspace-root.mjs';

const PNPM = 'pnpm@10.34.9';
const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * Installs the workspace's dependencies unless the lock file is the one that was installed last, and returns the
 * path of the Node that runs the sources (the npm package `node`, a dev dependency).
 *
 * pnpm comes by npx, because corepack can't be relied on: it is absent from some Node builds and pins its own URLs.
 */
export function installDependencies() {
  const stampPath = join(workspaceRoot, '.sluice', 'installed');
  const nodePath = join(workspaceRoot, 'node_modules', 'node', 'bin', 'node');
  const stamp = wantedStamp();
  const isCurrent =
    existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp && existsSync(nodePath);
  if (isCurrent) return nodePath;

  say(`installing dependencies with ${PNPM} (once; takes a minute or two)`);
  // confirmModulesPurge: a node_modules of another package manager is replaced without a question that nobody answers.
  const install = ['install', '--frozen-lockfile', '--prefer-offline', '--config.confirmModulesPurge=false'];
  const { status, error, signal } = spawnSync('npx', ['--yes', PNPM, ...install], {
    cwd: workspaceRoot,
    // stdout of pnpm is progress too.
    stdio: ['ignore', 2, 2],
    timeout: INSTALL_TIMEOUT_MS,
  });
  if (status !== 0 || !existsSync(nodePath)) {
    const reason = error?.message ?? (signal ? `signal ${signal}` : `exit code ${status}`);
    throw new SetUpError(
      `the dependencies could not be installed (${reason}, details above): check that the npm registry can be reached, then run the same command again.`,
    );
  }
  mkdirSync(join(workspaceRoot, '.sluice'), { recursive: true });
  writeFileSync(stampPath, stamp);
  return nodePath;
}

function wantedStamp() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    hash.update(readFileSync(join(workspaceRoot, file)));
  }
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`;
}
