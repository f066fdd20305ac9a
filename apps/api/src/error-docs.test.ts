import { readFileSync } from 'node:fs';
import { API_ERRORS, JOB_ERROR_CODES } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { JOB_ERROR_EXPLANATIONS } from './job-error-explanations.ts';

const rows = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.replaceAll(/\s+/g, ' ').trim());

test('docs/errors.md lists every error of the API with its status, type and what to do, and no other', () => {
  const expected = Object.entries(API_ERRORS).map(
    ([code, { status, type, todo }]) => `| \`${code}\` | ${status} | \`${type}\` | ${todo} |`,
  );
  expect(rows.filter((row) => row.split('|').length === 6)).toEqual(expected);
});

test('docs/errors.md lists every error of attempts and jobs with what it means, and no other', () => {
  const expected = JOB_ERROR_CODES.map((code) => `| \`${code}\` | ${JOB_ERROR_EXPLANATIONS[code]} |`);
  expect(rows.filter((row) => row.split('|').length === 4)).toEqual(expected);
});
