import type {
  CancelOutcome,
  EraseOutcome,
  JobStore,
  ListJobsOutcome,
  ListJobsQuery,
  QueuePlace,
  ReadEventsOutcome,
  SubmitOutcome,
} from './broker.ts';
import type { JobRecord, NewJob } from './job-record.ts';

/** One tenant's jobs. Whoever holds it can't name another tenant, so that no check can be forgotten. */
export interface TenantJobs {
  readonly tenant: string;
  /** As `JobStore.submit`. Rejects with an Error for a job of another tenant: that is a fault of ours. */
  submit(job: NewJob): Promise<SubmitOutcome>;
  get(id: string): Promise<JobRecord | null>;
  list(query: Omit<ListJobsQuery, 'tenant'>): Promise<ListJobsOutcome>;
  place(job: JobRecord): Promise<QueuePlace | null>;
  cancel(id: string): Promise<CancelOutcome>;
  erase(id: string): Promise<EraseOutcome>;
  readEvents(id: string, options: { after: number; limit: number }): Promise<ReadEventsOutcome>;
}

/** The part of the store that is a tenant's. */
export function createTenantJobs(store: JobStore, tenant: string): TenantJobs {
  const own = async (job: { tenant: string }): Promise<void> => {
    if (job.tenant !== tenant) throw new Error('a job of another tenant');
  };
  return {
    tenant,
    submit: (job) => own(job).then(() => store.submit(job)),
    get: (id) => store.get(id, tenant),
    list: (query) => store.list({ ...query, tenant }),
    place: (job) => own(job).then(() => store.place(job)),
    cancel: (id) => store.cancel(id, tenant),
    erase: (id) => store.erase(id, tenant),
    readEvents: (id, options) => store.readEvents(id, { ...options, tenant }),
  };
}
