import { spawnSync } from 'node:child_process';
import { answers } from './answers.mjs';

const INSTALL_TIMEOUT_MS = 10 * 60_000;
const MANAGERS = [
  {
    command: 'apt-get',
    steps: (name) => [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', name],
    ],
  },
  { command: 'dnf', steps: (name) => [['install', '-y', '-q', name]] },
  { command: 'apk', steps: (name) => [['add', '--quiet', name]] },
];

/**
 * Installs one of the system's packages; needs root.
 *
 * @param {Record<string, string[]>} names candidates by manager (`apt-get`, `dnf`, `apk`), tried in order
 * @returns {string | null} "<manager> <package>" of what was installed, or null when nothing could be
 */
export function installSystemPackage(names) {
  if (process.getuid?.() !== 0) return null;
  const manager = MANAGERS.find(({ command }) => answers(command, ['--version']));
  if (!manager) return null;
  for (const name of names[manager.command] ?? []) {
    const done = manager.steps(name).every(
      (step) =>
        spawnSync(manager.command, step, {
          stdio: ['ignore', 'ignore', 2],
          timeout: INSTALL_TIMEOUT_MS,
          env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        }).status === 0,
    );
    if (done) return `${manager.command} ${name}`;
  }
  return null;
}
