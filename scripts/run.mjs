import { runChild } from './run-child.mjs';
import { setUp } from './set-up.mjs';

// `npm run sluice -- COMMAND` and `npm run demo`: the command-line program on the Node that set-up brought.
// Most commands talk to a broker that runs already, so only those that start one need a Redis.
const commandArguments = process.argv.slice(2);
const nodePath = setUp({ redis: ['dev', 'demo'].includes(commandArguments[0]) });
process.exitCode = await runChild(nodePath, ['apps/cli/src/main.ts', ...commandArguments]);
