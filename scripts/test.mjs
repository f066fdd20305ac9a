import { provideBrowser } from './provide-browser.mjs';
import { runChild } from './run-child.mjs';
import { setUp } from './set-up.mjs';
import { staticChecks } from './static-checks.mjs';
import { vitestProjects } from './vitest-projects.mjs';
import { runVitest } from './run-vitest.mjs';

// `npm test` runs every check; `npm test -- types unit` only those named.
const CHECKS = [...Object.keys(staticChecks), ...vitestProjects];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown check ${unknown.join(', ')}: use any of ${CHECKS.join(', ')}.\n`);
  process.exit(2);
}
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);

// Ctrl-C ends the run, not only the check that is running.
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (interrupted = true));

const nodePath = setUp({ redis: true });
const results = [];
for (const [name, commandArguments] of Object.entries(staticChecks).filter(([name]) => isWanted(name))) {
  if (interrupted) break;
  process.stdout.write(`\n== ${name}\n`);
  const startedAt = performance.now();
  const exitCode = await runChild(nodePath, commandArguments);
  const passed = exitCode === 0;
  results.push({
    name,
    passed: passed ? 1 : 0,
    failed: passed ? 0 : 1,
    skipped: 0,
    ms: performance.now() - startedAt,
  });
}
for (const project of vitestProjects.filter(isWanted)) {
  if (interrupted) break;
  process.stdout.write(`\n== ${project}\n`);
  const startedAt = performance.now();
  const environment = project === 'e2e' ? browserEnvironment() : {};
  const counts = await runVitest(nodePath, project, environment);
  results.push({ name: project, ...counts, ms: performance.now() - startedAt });
}

process.stdout.write('\n');
for (const { name, passed, failed, skipped, ms } of results) {
  const skippedText = skipped > 0 ? `, ${skipped} skipped` : '';
  const line = `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(12)} ${passed} passed, ${failed} failed${skippedText}`;
  process.stdout.write(`${line.padEnd(60)} ${(ms / 1000).toFixed(1)} s\n`);
}
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
if (interrupted) process.stderr.write('Interrupted: not every check was run.\n');
process.exitCode = sum('failed') === 0 && !interrupted ? 0 : 1;

/** In CI a missing browser is a failure, elsewhere a clear line and a skipped test. */
function browserEnvironment() {
  const browser = provideBrowser();
  if (browser) return { SLUICE_CHROMIUM: browser };
  process.stderr.write(
    'No Chromium can be had here: the browser tests are skipped. Install chromium or set SLUICE_CHROMIUM.\n',
  );
  return {};
}
