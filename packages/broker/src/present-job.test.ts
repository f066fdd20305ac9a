import { jobSchema } from '@sluice/contracts';
import { PLAIN_VAULT } from '@sluice/vault';
import { expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { createJobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import { presentJob } from './present-job.ts';

const CODEC = createJobCodec(PLAIN_VAULT);

/** A record from the fields of a hash, as Redis answers them. */
function recordOf(fields: Record<string, string> = {}): JobRecord {
  const state = { status: 'queued', turn: '1', owner: 'backlog', ready_at: '0', n: '0', open: '0' };
  const place = { target_index: '0', round: '1', round_first: '1' };
  const encoded = CODEC.encodeNew(freshBrokerJob({ id: 'job_1', createdAtMs: 0, deadlineMs: 60_000 }));
  const pairs = Array.from({ length: encoded.length / 2 }, (_, i) => encoded.slice(i * 2, i * 2 + 2));
  const record = CODEC.decode({ ...Object.fromEntries(pairs), ...state, ...place, ...fields });
  if (!record) throw new Error('the hash holds no job');
  return record;
}

const shown = (record: JobRecord, place: Parameters<typeof presentJob>[1]['place'] = null) =>
  presentJob(record, { baseUrl: 'https://sluice.example', place });

const usage = (tokens: number) =>
  `"usage":{"prompt_tokens":${tokens},"completion_tokens":0,"reasoning_tokens":0,"cache_read_tokens":0,"cache_write_tokens":0,"total_tokens":${tokens}}`;
const started = (n: number) =>
  `"n":${n},"started_at":"1970-01-01T00:00:0${n}.000Z","queue_wait_ms":5,"target":"openai/gpt-5.4-mini","provider_key":"main","region":"us","lane":"live"`;

test('a queued job is shown by the contract, with its place', () => {
  const job = shown(recordOf(), { position: 3, etaMs: 1_500 });
  expect(jobSchema.parse(job)).toEqual(job);
  expect(job).toMatchObject({
    created_at: '1970-01-01T00:00:00.000Z',
    deadline: '1970-01-01T00:01:00.000Z',
    position: 3,
    eta_ms: 1_500,
    usage: null,
    cost_usd: null,
    links: {
      self: 'https://sluice.example/v1/jobs/job_1',
      events: 'https://sluice.example/v1/jobs/job_1/events',
      cancel: 'https://sluice.example/v1/jobs/job_1/cancel',
    },
  });
});

test('a place is shown only while the job is queued', () => {
  const job = shown(recordOf({ status: 'in_progress' }), { position: 3, etaMs: 1_500 });
  expect(job).toMatchObject({ position: null, eta_ms: null });
});

test('usage and cost are the sum over all attempts; what came late counts, its outcome does not', () => {
  const job = shown(
    recordOf({
      status: 'in_progress',
      n: '3',
      open: '3',
      'a:1': started(1),
      'z:1': `"finished_at":"1970-01-01T00:00:01.500Z","status":"abandoned","usage":null,"cost_usd":null`,
      'late:1': `"status":"succeeded",${usage(10)},"cost_usd":0.1,"price_version":"p1"`,
      'a:2': started(2),
      'z:2': `"finished_at":"1970-01-01T00:00:02.500Z","status":"failed",${usage(5)},"cost_usd":0.2,"price_version":"p2"`,
      'a:3': started(3),
    }),
  );
  expect(jobSchema.parse(job)).toEqual(job);
  expect(job.attempts.map(({ n, status, price_version }) => ({ n, status, price_version }))).toEqual([
    { n: 1, status: 'abandoned', price_version: 'p1' },
    { n: 2, status: 'failed', price_version: 'p2' },
    { n: 3, status: 'running', price_version: null },
  ]);
  expect(job.usage?.total_tokens).toBe(15);
  expect(job.cost_usd).toBe(0.3);
});

test('an error points to its explanation', () => {
  const error = {
    code: 'expired',
    message: 'x',
    param: null,
    doc_url: '/docs/errors#expired',
    last_error: null,
  };
  const job = shown(recordOf({ status: 'expired', error: JSON.stringify(error) }));
  expect(job.error?.doc_url).toBe('https://sluice.example/docs/errors#expired');
});

test('a hash without a job, or with a tombstone, is none', () => {
  expect(CODEC.decode({})).toBeNull();
  expect(CODEC.decode({ status: 'erased', body_hash: 'x' })).toBeNull();
});
