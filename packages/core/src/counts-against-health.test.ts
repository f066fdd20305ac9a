import { ATTEMPT_ERROR_CODES } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { countsAgainstHealth } from './counts-against-health.ts';

test('what the target is to blame for counts, what the caller, a key, a limit or the broker is to blame for does not', () => {
  expect(ATTEMPT_ERROR_CODES.filter((code) => countsAgainstHealth({ code }))).toEqual([
    'overloaded',
    'timeout',
    'network',
    'server_error',
    'truncated',
    'malformed_response',
  ]);
});
