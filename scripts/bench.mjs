import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './run-child.mjs';
import { setUp } from './set-up.mjs';
import { workspaceRoot } from './workspace-root.mjs';

// `npm run bench` runs every benchmark, `npm run bench -- limiter` those whose name holds the word.
const nodePath = setUp({ redis: true });
const words = process.argv.slice(2);
const benches = readdirSync(join(workspaceRoot, 'test', 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .toSorted();
if (benches.length === 0) process.stderr.write(`No benchmark in test/bench matches ${words.join(' ')}.\n`);

process.exitCode = benches.length === 0 ? 2 : 0;
for (const name of benches) {
  process.stderr.write(`== ${name}\n`);
  const exitCode = await runChild(nodePath, [join('test', 'bench', name)]);
  if (exitCode !== 0) process.exitCode = exitCode;
  // A signal has ended it: the others are not wanted either.
  if (exitCode > 128) break;
}
