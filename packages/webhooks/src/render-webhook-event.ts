import type { Batch, Job, ShownWebhookEndpoint, WebhookEvent } from '@sluice/contracts';

/** What an event tells of. */
export type WebhookSubject = Job | Batch | ShownWebhookEndpoint;

const MAX_BODY_BYTES = 256 * 1024;

/**
 * The text that is sent and signed: the job, batch or endpoint as its route shows it. A job above 256 KiB, and one
 * that is to be thin, is only told by its id, status and where to read it.
 */
export function renderWebhookEvent({
  type,
  subject,
  eventId,
  atMs,
  publicBaseUrl,
  thin = false,
}: {
  /** Such as `job.completed`. */
  type: string;
  subject: WebhookSubject;
  eventId: string;
  /** When it happened, in ms since 1970. */
  atMs: number;
  /** Where receivers reach the API, without a slash at its end. */
  publicBaseUrl: string;
  thin?: boolean;
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
  if (subject.object === 'webhook_endpoint') return render(subject);
  const path = subject.object === 'batch' ? 'batches' : 'jobs';
  const { id, status } = subject;
  const small = (): string => render({ id, status, result_url: `${publicBaseUrl}/v1/${path}/${id}` });
  if (thin) return small();
  const whole = render(subject);
  return subject.object === 'job' && Buffer.byteLength(whole) > MAX_BODY_BYTES ? small() : whole;
}
