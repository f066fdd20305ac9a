import type { ReadEventsOutcome } from '../broker.ts';
import type { BatchRecord, NewBatch } from './batch-record.ts';
import type { BatchStore, CreateBatchOutcome, ListBatchesOutcome } from './batch-store.ts';

export type CancelBatchOutcome =
  /** `began`: by this call. */
  | { status: 'cancelling'; batch: BatchRecord; began: boolean }
  | { status: 'ended'; batch: BatchRecord }
  | { status: 'not_found' };

/** One tenant's batches. Whoever holds it can't name another tenant, so that no check can be forgotten. */
export interface TenantBatches {
  readonly tenant: string;
  /** As `BatchStore.create`. Rejects with an Error for a batch of another tenant: that is a fault of ours. */
  create(batch: NewBatch, bodyHash: string): Promise<CreateBatchOutcome>;
  get(id: string): Promise<BatchRecord | null>;
  list(query: Omit<Parameters<BatchStore['list']>[0], 'tenant'>): Promise<ListBatchesOutcome>;
  /** Begins to cancel it: what has ended stays, all other lines end. Cancelling again changes nothing. */
  cancel(id: string): Promise<CancelBatchOutcome>;
  remove(id: string): Promise<boolean>;
  readEvents(id: string, page: { after: number; limit: number }): Promise<ReadEventsOutcome>;
  /** The id that a body was given a moment ago. The digest names the tenant. */
  recentId(digest: string): Promise<string | null>;
  rememberId(digest: string, id: string): Promise<void>;
  /** As those of `BatchStore`; they reject for a batch of another tenant. */
  endedLines(batch: BatchRecord): Promise<Buffer>;
  unansweredLines(batch: BatchRecord): Promise<Buffer>;
  refusals(batch: BatchRecord, lines: readonly number[]): Promise<(string | null)[]>;
}

/** The part of the store that is a tenant's. */
export function createTenantBatches(store: BatchStore, tenant: string): TenantBatches {
  const own = async (batch: { tenant: string }): Promise<void> => {
    if (batch.tenant !== tenant) throw new Error('a batch of another tenant');
  };
  const get = (id: string): Promise<BatchRecord | null> => store.get(id, tenant);
  return {
    tenant,
    create: (batch, bodyHash) => own(batch).then(() => store.create(batch, bodyHash)),
    get,
    list: (query) => store.list({ ...query, tenant }),
    async cancel(id) {
      if (!(await get(id))) return { status: 'not_found' };
      const began = (await store.move(id, 'cancelling')) === 'moved';
      const batch = await get(id);
      if (!batch) return { status: 'not_found' };
      if (began) await store.lookNow(id);
      const isCancelled = batch.status === 'cancelling' || batch.status === 'cancelled';
      return began || isCancelled ? { status: 'cancelling', batch, began } : { status: 'ended', batch };
    },
    remove: (id) => store.remove(id, tenant),
    readEvents: (id, page) => store.readEvents(id, { ...page, tenant }),
    recentId: (digest) => store.recentId(digest),
    rememberId: (digest, id) => store.rememberId(digest, id),
    endedLines: (batch) => own(batch).then(() => store.endedLines(batch.id)),
    unansweredLines: (batch) => own(batch).then(() => store.unansweredLines(batch.id)),
    refusals: (batch, lines) => own(batch).then(() => store.refusals(batch.id, lines)),
  };
}
