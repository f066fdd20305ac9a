import type { Broker } from '@sluice/broker';

/**
 * Erases a job that asked for it (`retention.delete_after_delivery`) once the webhook of its end is delivered.
 * Idempotent. Rejects when Redis is away; the delivery is then reported again.
 */
export async function eraseAfterDelivery(
  { jobs, outbox }: Pick<Broker, 'jobs' | 'outbox'>,
  { jobId, tenant, type }: { jobId: string; tenant: string; type: string },
): Promise<void> {
  const job = await jobs.get(jobId, tenant);
  if (!job?.options.deleteAfterDelivery || type !== `job.${job.status}`) return;
  // A delivery can be faster than the outbox that caused it, and a job whose outbox is not empty is not erased.
  await outbox.flush(jobId);
  await jobs.erase(jobId, tenant);
}
