import { answers } from './answers.mjs';
import { installSystemPackage } from './install-system-package.mjs';
import { say } from './say.mjs';
import { SetUpError } from './set-up-error.mjs';

/**
 * Sees to it that a Redis can be had, in this order: REDIS_URL, a server on the PATH, the system's package manager,
 * a container. Nothing is started here: `sluice dev` and the tests start their own.
 */
export function provideRedis() {
  if (process.env.REDIS_URL || hasServer()) return;
  say('no redis-server on the PATH: asking the system package manager');
  const installed = installSystemPackage({
    'apt-get': ['redis-server', 'valkey-server'],
    dnf: ['valkey', 'redis'],
    apk: ['redis', 'valkey'],
  });
  if (installed && hasServer()) return say(`installed ${installed}`);
  if (answers('docker', ['info'])) return say('Redis will run in a container (image redis:8-bookworm)');
  throw new SetUpError(
    'no Redis can be had: install redis-server or valkey-server (7 or newer), start Docker, or set REDIS_URL=redis://host:port, then run the same command again.',
  );
}

function hasServer() {
  return answers('redis-server', ['--version']) || answers('valkey-server', ['--version']);
}
