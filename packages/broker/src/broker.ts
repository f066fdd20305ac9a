import type { JobStatus, Target } from '@sluice/contracts';
import type { JobRecord, NewJob } from './job-record.ts';
import type { JobQuota } from './key-quotas.ts';

export type SubmitOutcome =
  | { status: 'created'; job: JobRecord }
  /** The same id with the same body: the job that exists. */
  | { status: 'duplicate'; job: JobRecord }
  /** The same id with another body. */
  | { status: 'conflict' }
  /** The same id, but its job was erased (kept as a tombstone for 24 h). */
  | { status: 'erased' }
  /** The tenant has as many open jobs as it may have. */
  | { status: 'tenant_full'; maxOpenJobs: number }
  /** Its key may not take that much (now). `retryAfterMs` null: it never fits. */
  | { status: 'over_quota'; quota: JobQuota; retryAfterMs: number | null };

export type CancelOutcome =
  | { status: 'cancelled'; job: JobRecord }
  | { status: 'ended'; job: JobRecord }
  | { status: 'not_found' };

export type EraseOutcome = { status: 'erased' } | { status: 'not_ended' } | { status: 'not_found' };

export interface EventPage {
  status: 'ok';
  /** Event JSON exactly as stored, in order, each with its `seq` (see `jobEventSchema`). */
  events: readonly string[];
  /** Sequence number of the last event that exists. */
  lastSeq: number;
  /** The job has ended and `events` holds everything up to its terminal event. */
  ended: boolean;
}

export type ReadEventsOutcome = EventPage | { status: 'expired' } | { status: 'not_found' };

export interface ListJobsQuery {
  tenant: string;
  limit: number;
  /** Id of the last job of the previous page; lists run from newest to oldest. */
  after?: string;
  status?: JobStatus;
  tier?: string;
  target?: Target;
  tag?: string;
  keyId?: string;
  batchId?: string;
  task?: string;
  createdAfterMs?: number;
  createdBeforeMs?: number;
}

export type ListJobsOutcome =
  | {
      status: 'ok';
      jobs: readonly JobRecord[];
      hasMore: boolean;
      /** Cursor to go on from when fewer than `limit` matched in a bounded scan. */ lastId: string | null;
    }
  | { status: 'unknown_cursor' };

/** Place of a queued job: jobs of its provider and tier that go first, plus one; null when it is not waiting. */
export interface QueuePlace {
  position: number;
  etaMs: number | null;
}

/**
 * What the API needs of the broker. Every method rejects with an error whose `name` is `RedisUnavailableError`
 * when Redis does not answer within the command timeout.
 */
export interface JobStore {
  /** Stores the job and its place in the queue; resolved means stored, by the durability mode in force. */
  submit(job: NewJob): Promise<SubmitOutcome>;
  /** Null when there is none for that tenant. */
  get(id: string, tenant: string): Promise<JobRecord | null>;
  list(query: ListJobsQuery): Promise<ListJobsOutcome>;
  place(job: JobRecord): Promise<QueuePlace | null>;
  cancel(id: string, tenant: string): Promise<CancelOutcome>;
  /** Removes a job that has ended, its result and its events; leaves a tombstone for its Idempotency-Key. */
  erase(id: string, tenant: string): Promise<EraseOutcome>;
  /** Events after sequence number `after` (0 for all), at most `limit` of them. */
  readEvents(
    id: string,
    options: { tenant: string; after: number; limit: number },
  ): Promise<ReadEventsOutcome>;
}

/**
 * Wakes readers of job events: one Redis subscriber however many listen. A wake-up carries nothing and may be
 * missed, so readers read again after `subscribe` resolves, on every wake-up, and every 15 s.
 * All listeners are woken after the subscriber's connection came back.
 */
export interface EventWakeups {
  /** Resolves once the subscription stands. The returned function ends it; calling it twice is harmless. */
  subscribe(jobId: string, wake: Wake): Promise<() => void>;
  close(): Promise<void>;
}

/** `mayHaveEnded`: the job's terminal event, or the connection came back and nothing is known. */
export type Wake = (hint: { mayHaveEnded: boolean }) => void;

/** Redis did not answer in time, or refused because it is loading, read-only or out of memory. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
  /** `full`: above 80 % of maxmemory, so that workers can still drain. */
  readonly reason: 'unreachable' | 'full';

  constructor(
    message: string,
    { reason = 'unreachable', cause }: { reason?: 'unreachable' | 'full'; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
  }
}
