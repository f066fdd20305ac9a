import type { JobRecord, NewJob, TenantJobs } from '@sluice/broker';
import { ApiError, isTerminal } from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import { createWaiter } from '../create-waiter.ts';
import { jobNotFound } from '../job-not-found.ts';
import { redisOutageReason } from '../redis-outage-reason.ts';
import { storeNewJob } from '../store-new-job.ts';
import type { SynchronousCalls } from '../synchronous-calls.ts';
import { waitForEnd } from '../wait-for-end.ts';

/** How long after its deadline a job is waited for: the sweeper ends what no worker has. */
const AFTER_DEADLINE_MS = 60_000;

/**
 * Stores a job and waits until it has ended. The end comes with a reply that carries the record, so nothing is
 * polled; the record is read when a reply may have been lost, and every `syncPollMs`. When `gone` aborts, the job is
 * cancelled: what it has used is booked. The same when the server closes and the caller's time is over.
 * @throws ApiError as `storeNewJob`; `request_timeout` when the signal aborts; `shutting_down`.
 */
export async function runToEnd(
  newJob: NewJob,
  { gone: callerGone, jobs }: { gone: AbortSignal; jobs: TenantJobs },
  deps: Pick<ApiDeps, 'replies' | 'wakeups' | 'metrics' | 'limits'> & { calls: SynchronousCalls },
): Promise<JobRecord> {
  const { replies, limits } = deps;
  const { id } = newJob;
  const endCall = deps.calls.begin();
  const gone = AbortSignal.any([callerGone, deps.calls.cutOff]);
  const control = new AbortController();
  const signal = AbortSignal.any([gone, control.signal]);
  const waiter = createWaiter(signal);
  const state: { ended: JobRecord | null; existing: JobRecord | null; refused: unknown } = {
    ended: null,
    existing: null,
    refused: null,
  };
  const stopListening = replies.listen(id, (reply) => {
    if (reply.kind === 'event') return;
    if (reply.kind === 'ended') state.ended = reply.job;
    waiter.wake();
  });
  // Not waited for: the end is as good an answer, and may come while Redis still writes to its disk.
  const submitted = storeNewJob(newJob, { ...deps, jobs }).then(
    ({ job, replayed }) => {
      if (!replayed) return;
      state.existing = job;
      waiter.wake();
    },
    (error: unknown) => {
      state.refused = error;
      waiter.wake();
    },
  );
  try {
    const untilMs = performance.now() + (newJob.deadlineMs - Date.now()) + AFTER_DEADLINE_MS;
    for (;;) {
      const woken = await waiter.wait(Math.min(limits.syncPollMs, untilMs - performance.now()));
      if (state.ended) return withRequest(state.ended, newJob);
      if (gone.aborted) {
        if (gone.reason instanceof ApiError) throw gone.reason;
        throw new ApiError('request_timeout', 'The request was ended before its job was.');
      }
      if (state.refused) throw state.refused;
      if (state.existing) return await endOf(state.existing);
      if (!woken && performance.now() >= untilMs) {
        throw new ApiError('request_timeout', 'The job did not end within its deadline.');
      }
      waiter.reset();
      const record = await read();
      if (record && isTerminal(record.status)) return withRequest(record, newJob);
    }
  } catch (error) {
    // An Idempotency-Key's job belongs to all who sent it.
    if (newJob.idIsNew) await submitted.then(() => jobs.cancel(id)).catch(() => undefined);
    throw error;
  } finally {
    endCall();
    stopListening();
    waiter.close();
  }

  async function read(): Promise<JobRecord | null> {
    await submitted;
    try {
      const record = await jobs.get(id);
      if (!record && !state.refused) throw jobNotFound(id);
      return record;
    } catch (error) {
      if (redisOutageReason(error) === null) throw error;
      return null;
    }
  }

  /** Of a job that an earlier request with the same Idempotency-Key made. */
  async function endOf(job: JobRecord): Promise<JobRecord> {
    if (isTerminal(job.status)) return job;
    const waitMs = Math.max(0, job.deadlineMs - Date.now()) + AFTER_DEADLINE_MS;
    const record = await waitForEnd({ id, jobs, waitMs, signal: gone }, deps);
    if (!record) throw jobNotFound(id);
    if (!isTerminal(record.status)) {
      throw new ApiError('request_timeout', 'The request was ended before its job was.');
    }
    return record;
  }
}

function withRequest(record: JobRecord, { request }: NewJob): JobRecord {
  return { ...record, request };
}
