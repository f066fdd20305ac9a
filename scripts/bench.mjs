import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './run-child.mjs';
import { setUp } from './set-up.mjs';
import { workspaceRoot } from './workspace-root.mjs';

// `npm run bench` runs every benchmark, `npm run bench -- limiter` those whose name holds the word. What begins with
// `--`, and all that follows, goes to the benchmarks: `npm run bench -- limiter-utilisation --seconds 10`.
const nodePath = setUp({ redis: true });
const given = process.argv.slice(2);
const firstOption = given.findIndex((word) => word.startsWith('--'));
const words = firstOption < 0 ? given : given.slice(0, firstOption);
const options = firstOption < 0 ? [] : given.slice(firstOption);
const benches = readdirSync(join(workspaceRoot, 'test', 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .toSorted();
if (benches.length === 0) process.stderr.write(`No benchmark in test/bench matches ${words.join(' ')}.\n`);

process.exitCode = benches.length === 0 ? 2 : 0;
for (const name of benches) {
  process.stderr.write(`== ${name}\n`);
  const exitCode = await runChild(nodePath, [join('test', 'bench', name), ...options]);
  if (exitCode !== 0) process.exitCode = exitCode;
  // A signal has ended it: the others are not wanted either.
  if (exitCode > 128) break;
}
