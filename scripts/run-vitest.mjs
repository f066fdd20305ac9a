import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './run-child.mjs';
import { workspaceRoot } from './workspace-root.mjs';

/**
 * Runs one vitest project and counts its tests. A file that fails to load and a run that ends badly without a
 * failed test (an unhandled rejection, a crash) count as one failure each.
 *
 * @returns {Promise<{ passed: number, failed: number, skipped: number }>}
 */
export async function runVitest(nodePath, project, environment) {
  const reportPath = join(workspaceRoot, '.sluice', 'test', `${project}.json`);
  mkdirSync(join(workspaceRoot, '.sluice', 'test'), { recursive: true });
  rmSync(reportPath, { force: true });
  const exitCode = await runChild(
    nodePath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--project',
      project,
      '--passWithNoTests',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${reportPath}`,
    ],
    environment,
  );
  const report = readReport(reportPath);
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function readReport(reportPath) {
  try {
    return JSON.parse(readFileSync(reportPath, 'utf8'));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };
  }
}
