import type { Job, WebhookEvent } from '@sluice/contracts';

const MAX_BODY_BYTES = 256 * 1024;

/** The text that is sent and signed. A body above 256 KiB carries where to read the job instead of the job. */
export function renderWebhookEvent({
  type,
  job,
  eventId,
  atMs,
  publicBaseUrl,
}: {
  /** Such as `job.completed`. */
  type: string;
  job: Job;
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
  const whole = render(job);
  if (Buffer.byteLength(whole) <= MAX_BODY_BYTES) return whole;
  return render({ id: job.id, status: job.status, result_url: `${publicBaseUrl}/v1/jobs/${job.id}` });
}
