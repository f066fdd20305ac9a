import { expect, test } from 'vitest';
import type { CallRecord } from './call-record.ts';
import { createCallLog } from './call-log.ts';

const CALL: Omit<CallRecord, 'n'> = {
  at_ms: 0,
  account: 'openai',
  vendor: 'openai',
  model: 'm',
  batch_operation: null,
  path: '/v1/chat/completions',
  key: null,
  stream: false,
  status: null,
  fault: null,
  prompt_tokens: 0,
  completion_tokens: 0,
  reasoning_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  service_tier: null,
  cost_usd: 0,
  latency_ms: null,
  aborted: false,
  job_id: null,
  retry_count: null,
  request_hash: null,
  request_body: '{}',
};

test('keeps the newest calls and counts all', () => {
  const log = createCallLog({ maxCalls: 10 });
  for (let index = 0; index < 37; index += 1) log.open(CALL);
  expect(log.count()).toBe(37);
  expect(log.list().map(({ n }) => n)).toEqual([28, 29, 30, 31, 32, 33, 34, 35, 36, 37]);
  expect(log.list({ since: 35 }).map(({ n }) => n)).toEqual([36, 37]);
  expect(log.list({ since: 30, limit: 2 }).map(({ n }) => n)).toEqual([31, 32]);
});

test('drops the bodies of older calls first', () => {
  const log = createCallLog({ maxCalls: 50_000 });
  for (let index = 0; index < 5_010; index += 1) log.open(CALL);
  const bodies = log.list().map((record) => record.request_body);
  expect(bodies.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => null));
  expect(bodies.slice(10)).not.toContain(null);
});

test('lists copies of live records', () => {
  const log = createCallLog({ maxCalls: 10 });
  const record = log.open(CALL);
  const [before] = log.list();
  record.status = 200;
  expect([before!.status, log.list()[0]!.status]).toEqual([null, 200]);
  expect(log.list({ account: 'other' })).toEqual([]);
});
