import type { Batch, Job, WebhookEvent } from '@sluice/contracts';

const MAX_BODY_BYTES = 256 * 1024;

/**
 * The text that is sent and signed: the job, or the batch, as its route shows it. A body above 256 KiB carries where
 * to read the job instead of the job; a batch's never is.
 */
export function renderWebhookEvent({
  type,
  job: subject,
  eventId,
  atMs,
  publicBaseUrl,
}: {
  /** Such as `job.completed`. */
  type: string;
  job: Job | Batch;
  eventId: string;
  /** When it happened, in ms since 1970. */
  atMs: number;
  /** Where receivers reach the API, without a slash at its end. */
  publicBaseUrl: string;
}): string {
  const render = (data: WebhookEvent['data']): string =>
    JSON.stringify({
      type,
      timestamp: new Date(atMs).toISOString(),
      object: 'event',
      id: eventId,
      created_at: Math.floor(atMs / 1_000),
      data,
    } satisfies WebhookEvent);
  const whole = render(subject);
  if (subject.object === 'batch' || Buffer.byteLength(whole) <= MAX_BODY_BYTES) return whole;
  const { id, status } = subject;
  return render({ id, status, result_url: `${publicBaseUrl}/v1/jobs/${id}` });
}
