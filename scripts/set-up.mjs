import { installDependencies } from './install-dependencies.mjs';
import { provideRedis } from './provide-redis.mjs';
import { SetUpError } from './set-up-error.mjs';

/**
 * Everything that a command needs before it can run; quick when nothing is missing.
 * Ends the process with exit code 1 and one sentence when something can't be had.
 *
 * @param {{ redis: boolean }} needs
 * @returns {string} path of the Node that runs the sources
 */
export function setUp({ redis }) {
  try {
    return provideEverything(redis);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`set-up failed: ${error.message}\n`);
    return process.exit(1);
  }
}

function provideEverything(redis) {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new SetUpError(
      `Node 20 or newer is needed, this is ${process.versions.node}: install it from https://nodejs.org.`,
    );
  }
  const nodePath = installDependencies();
  if (redis) provideRedis();
  return nodePath;
}
