import { expect, test } from 'vitest';
import { toProviderBatch } from './batch-object.ts';

function batchOf(body: object) {
  return toProviderBatch({ id: 'batch_1', created_at: 10, ...body }, { vendor: 'openai', runKey: 'run' });
}

test.each([
  ['validating', 'running'],
  ['in_progress', 'running'],
  ['finalizing', 'running'],
  ['cancelling', 'cancelling'],
  ['completed', 'ended'],
  ['expired', 'ended'],
  ['cancelled', 'ended'],
  ['failed', 'failed'],
  ['a status of next year', 'running'],
])('the status %s is %s', (status, state) => {
  expect(batchOf({ status }).state).toBe(state);
});

test('a full queue passes; a bad file does not, and its line is named', () => {
  const failed = (error: object) => batchOf({ status: 'failed', errors: { data: [error] } }).error;
  expect(failed({ code: 'token_limit_exceeded', message: 'Enqueued token limit reached' })).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    failover: true,
  });
  expect(failed({ code: 'invalid_json_line', message: 'no JSON', line: 7 })).toMatchObject({
    code: 'invalid_request',
    failover: true,
    message: 'openai refused the batch: no JSON (line 7)',
  });
  expect(batchOf({ status: 'failed' }).error?.message).toContain('no reason given');
});

test('what is no batch is malformed', () => {
  expect(() => toProviderBatch({}, { vendor: 'openai', runKey: 'run' })).toThrow(SyntaxError);
});
