import type { Job } from '@sluice/contracts';
import type { QueuePlace } from './broker.ts';
import type { JobRecord } from './job-record.ts';

/** A job as the API and webhooks show it. `baseUrl` is where callers reach the API; `place` only while queued. */
export function presentJob(
  record: JobRecord,
  { baseUrl, place }: { baseUrl: string; place: QueuePlace | null },
): Job {
  const self = `${baseUrl}/v1/jobs/${record.id}`;
  return {
    id: record.id,
    object: 'job',
    status: record.status,
    tier: record.tier,
    lane: record.lane,
    route: record.route,
    chain: [...record.chain],
    task: record.task,
    created_at: iso(record.createdAtMs),
    started_at: record.startedAtMs === null ? null : iso(record.startedAtMs),
    finished_at: record.finishedAtMs === null ? null : iso(record.finishedAtMs),
    deadline: iso(record.deadlineMs),
    attempts: record.attempts.map((attempt) => ({ ...attempt })),
    result: record.result,
    error: record.error && { ...record.error, doc_url: absolute(record.error.doc_url, baseUrl) },
    usage: record.usage,
    cost_usd: record.costUsd === null ? null : Number(record.costUsd.toPrecision(12)),
    cache_hit: false,
    warnings: [...record.warnings],
    decision: record.decision,
    position: record.status === 'queued' ? (place?.position ?? null) : null,
    eta_ms: record.status === 'queued' ? (place?.etaMs ?? null) : null,
    metadata: { ...record.metadata },
    tags: [...record.tags],
    batch_id: record.batchId,
    custom_id: record.customId,
    retried_from: record.retriedFrom,
    links: { self, events: `${self}/events`, cancel: `${self}/cancel` },
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function absolute(path: string, baseUrl: string): string {
  return path.startsWith('/') ? `${baseUrl}${path}` : path;
}
