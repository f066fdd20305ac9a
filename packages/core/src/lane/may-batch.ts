import { mayCall, type CallPolicy, type CallSubject, type MayCall } from '../plan-route/may-call.ts';

/**
 * Whether a job may be a line of a target's Batch API. Batches belong to the account of one key, the first of the
 * provider, so what another key of its pool would allow does not count.
 */
export function mayBatch(subject: Omit<CallSubject, 'key' | 'request'>, policy: CallPolicy): MayCall {
  const [first] = subject.provider?.api_keys ?? [];
  return mayCall({ ...subject, request: null, ...(first ? { key: first } : {}) }, policy);
}
