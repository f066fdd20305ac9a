import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runVitest } from './run-vitest.mjs';
import { setUp } from './set-up.mjs';
import { workspaceRoot } from './workspace-root.mjs';

// `npm run chaos -- --minutes N` repeats the fault runs until N minutes have passed, at least once; default 5.
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '5' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0 && minutes <= 1_440)) {
  process.stderr.write('--minutes must be a number above 0, at most 1440.\n');
  process.exit(2);
}
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interruption.abort());

const nodePath = setUp({ redis: true });
const startedAt = new Date();
const endMs = performance.now() + minutes * 60_000;
const runs = [];
do {
  const runStartedAt = performance.now();
  const counts = await runVitest(nodePath, 'chaos', {});
  runs.push({
    run: runs.length + 1,
    ...counts,
    seconds: Math.round((performance.now() - runStartedAt) / 1_000),
  });
} while (performance.now() < endMs && !interruption.signal.aborted);

const failed = runs.reduce((sum, run) => sum + run.failed, 0);
const passed = runs.reduce((sum, run) => sum + run.passed, 0);
const folder = join(workspaceRoot, 'test', 'chaos', 'report');
mkdirSync(folder, { recursive: true });
const path = join(folder, `chaos-${startedAt.toISOString().replaceAll(/[:.]/g, '-')}.json`);
writeFileSync(path, `${JSON.stringify({ started_at: startedAt, minutes, passed, failed, runs }, null, 2)}\n`);
process.stdout.write(`${runs.length} runs, ${passed} passed, ${failed} failed; report: ${path}\n`);
process.exitCode = failed === 0 && passed > 0 && !interruption.signal.aborted ? 0 : 1;
