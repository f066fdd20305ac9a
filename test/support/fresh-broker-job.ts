import { createHash, randomUUID } from 'node:crypto';
import type { NewJob } from '@sluice/broker';

type JobChanges = Partial<Omit<NewJob, 'options'>> & { options?: Partial<NewJob['options']> };

/** A job as the API hands it to the broker. */
export function freshBrokerJob({ options, ...changes }: JobChanges = {}): NewJob {
  const nowMs = Date.now();
  const request = { messages: [{ role: 'user' as const, content: 'Say hello.' }] };
  return {
    id: `job_${randomUUID().replaceAll('-', '')}`,
    tenant: 'acme',
    keyId: 'key_1',
    tier: 'standard',
    lane: 'live',
    route: null,
    chain: ['openai/gpt-5.4-mini'],
    task: null,
    metadata: {},
    tags: [],
    decision: { strategy: 'ordered' },
    batchId: null,
    customId: null,
    retriedFrom: null,
    estimatedTokens: 100,
    createdAtMs: nowMs,
    deadlineMs: nowMs + 3_600_000,
    warnings: [],
    request,
    bodyHash: createHash('sha256').update(JSON.stringify(request)).digest('hex'),
    ...changes,
    options: {
      lane: 'auto',
      onRefusal: 'fail',
      onStreamFailure: 'restart',
      webhook: null,
      resultTtlMs: 3_600_000,
      deleteAfterDelivery: false,
      dropRequest: false,
      rounds: 3,
      ...options,
    },
  };
}
