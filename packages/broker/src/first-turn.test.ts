import { PLAIN_VAULT } from '@sluice/vault';
import { expect, test } from 'vitest';
import { freshBrokerJob } from '../../../test/support/fresh-broker-job.ts';
import { fromFirstTurn, toFirstTurn } from './first-turn.ts';
import { createJobCodec } from './job-codec.ts';

const CODEC = createJobCodec(PLAIN_VAULT);

const replyTo = { address: 'sluice:reply:1', of: 'end' } as const;

test('a ticket describes a job that somebody waits for as its record does', () => {
  const job = freshBrokerJob({ replyTo });
  const payload = JSON.parse(JSON.stringify(toFirstTurn(job, CODEC.encodeNew(job)))) as unknown;
  expect(fromFirstTurn(payload, CODEC)).toMatchObject({
    id: job.id,
    tenant: job.tenant,
    chain: job.chain,
    request: job.request,
    status: 'queued',
    turn: 1,
    targetIndex: 0,
    round: 1,
    openAttempt: 0,
    attempts: [],
    warnings: job.warnings,
  });
});

test('a job that nobody waits for, and a long one, are not described', () => {
  const job = freshBrokerJob();
  expect(toFirstTurn(job, CODEC.encodeNew(job))).toBeNull();
  const long = freshBrokerJob({
    replyTo,
    request: { messages: [{ role: 'user', content: 'x'.repeat(20_000) }] },
  });
  expect(toFirstTurn(long, CODEC.encodeNew(long))).toBeNull();
});

test.each([undefined, null, {}, { v: 2, fields: [] }, { v: 1 }, { v: 1, fields: [] }])(
  'a payload that says nothing: %j',
  (payload) => {
    expect(fromFirstTurn(payload, CODEC)).toBeNull();
  },
);
