import { expect, test } from 'vitest';
import { inlineResponsesOf, readOperation, toProviderBatch } from './batch-operation.ts';

function batchOf(body: object) {
  return toProviderBatch(readOperation({ name: 'batches/b1', ...body }), 'google');
}

test.each([
  [{ metadata: { state: 'BATCH_STATE_PENDING' } }, 'running'],
  [{ metadata: { state: 'JOB_STATE_QUEUED' } }, 'running'],
  [{ metadata: { state: 'JOB_STATE_CANCELLING' } }, 'cancelling'],
  [{ metadata: { state: 'JOB_STATE_PARTIALLY_SUCCEEDED' } }, 'ended'],
  [{ metadata: { state: 'BATCH_STATE_SUCCEEDED' }, done: true }, 'ended'],
  [{ metadata: { state: 'BATCH_STATE_EXPIRED' }, done: true, error: { code: 4 } }, 'ended'],
  [{ metadata: { state: 'BATCH_STATE_FAILED' }, done: true }, 'failed'],
  [{ done: true, error: { code: 13, message: 'x' } }, 'failed'],
  [{ done: true, response: {} }, 'ended'],
  [{}, 'running'],
])('%o is %s', (body, state) => {
  expect(batchOf(body).state).toBe(state);
});

test('a failed batch is an error by its gRPC code, worth another target', () => {
  const quota = { code: 8, message: 'Enqueued tokens', details: [] };
  expect(batchOf({ done: true, error: quota }).error).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    failover: true,
  });
  expect(batchOf({ done: true, error: { code: 3, message: 'bad' } }).error).toMatchObject({
    code: 'invalid_request',
    failover: true,
  });
});

test('answers are found wherever clients have met them', () => {
  const answers = [{ metadata: { key: 'a' }, response: {} }];
  const nested = { inlinedResponses: { inlinedResponses: answers } };
  for (const body of [
    { response: nested },
    { response: { inlinedResponses: answers } },
    { response: { output: nested } },
    { metadata: { output: nested } },
  ]) {
    expect(inlineResponsesOf(readOperation({ name: 'batches/b1', ...body }))).toEqual(answers);
  }
  const file = { responsesFile: 'files/r' };
  for (const body of [{ response: file }, { response: { output: file } }, { metadata: { output: file } }]) {
    expect(batchOf(body).results).toEqual({ kind: 'file', name: 'files/r' });
  }
});
