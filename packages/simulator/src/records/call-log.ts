import type { CallRecord } from './call-record.ts';

/** Newest calls whose bodies are kept: at 8 KB each at most 40 MB. */
const MAX_BODIES = 5_000;

export interface CallFilter {
  account?: string | undefined;
  model?: string | undefined;
  /** Only calls with a greater `n`. */
  since?: number | undefined;
  /** At most so many, the oldest first. */
  limit?: number | undefined;
}

export interface CallLog {
  open(call: Omit<CallRecord, 'n'>): CallRecord;
  list(filter?: CallFilter): CallRecord[];
  /** How many arrived, those that are no longer kept included. */
  count(): number;
  clear(): void;
}

/** The newest `maxCalls` calls in order of arrival. Records are live: a running call's record changes until it ends. */
export function createCallLog({ maxCalls }: { maxCalls: number }): CallLog {
  let records: CallRecord[] = [];
  let count = 0;

  return {
    open(call) {
      count += 1;
      const record = { ...call, n: count };
      records.push(record);
      const bodiless = records[records.length - 1 - MAX_BODIES];
      if (bodiless) bodiless.request_body = null;
      // Cut rarely, so that an arrival stays cheap.
      if (records.length >= maxCalls * 1.25) records = records.slice(-maxCalls);
      return record;
    },
    list({ account, model, since = 0, limit = Infinity } = {}) {
      const matching: CallRecord[] = [];
      for (const record of records.slice(-maxCalls)) {
        if (record.n <= since) continue;
        if (account !== undefined && record.account !== account) continue;
        if (model !== undefined && record.model !== model) continue;
        if (matching.length >= limit) break;
        matching.push({ ...record });
      }
      return matching;
    },
    count: () => count,
    clear() {
      records = [];
      count = 0;
    },
  };
}
