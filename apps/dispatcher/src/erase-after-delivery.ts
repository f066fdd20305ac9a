import type { Broker } from '@sluice/broker';
import type { ListedDelivery } from '@sluice/webhooks';

/**
 * Erases a job that asked for it (`retention.delete_after_delivery`) once the webhooks of its end are
 * delivered: the last receiver's delivery erases it.
 * Idempotent. Rejects when Redis is away; the delivery is then reported again.
 */
export async function eraseAfterDelivery(
  {
    jobs,
    outbox,
    listDeliveries,
  }: Pick<Broker, 'jobs' | 'outbox'> & {
    /** Those of the job. */
    listDeliveries: () => Promise<readonly Pick<ListedDelivery, 'status'>[]>;
  },
  { jobId, tenant, type }: { jobId: string; tenant: string; type: string },
): Promise<void> {
  const job = await jobs.get(jobId, tenant);
  if (!job?.options.deleteAfterDelivery || type !== `job.${job.status}`) return;
  // A delivery can be faster than the outbox that caused it, and a job whose outbox is not empty is not erased.
  await outbox.flush(jobId);
  if ((await listDeliveries()).some(({ status }) => status === 'pending')) return;
  await jobs.erase(jobId, tenant);
}
