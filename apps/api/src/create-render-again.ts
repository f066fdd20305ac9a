import { presentBatch, presentJob } from '@sluice/broker';
import { renderWebhookEvent, type RenderAgain } from '@sluice/webhooks';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';

/**
 * Makes the event of a delivery again that kept none, under its own id, from the job or batch as it is now; null when
 * that is gone, or the URL's secret with it.
 */
export function createRenderAgain(
  { baseUrl }: Pick<ApiDeps, 'baseUrl'>,
  { jobs, batches, webhooks }: Pick<Caller, 'jobs' | 'batches' | 'webhooks'>,
): RenderAgain {
  return async ({ jobId, type, eventId, createdAtMs, endpoint: endpointId }) => {
    const about = { type, eventId, atMs: createdAtMs, publicBaseUrl: baseUrl() };
    const endpoint = endpointId === null ? null : await webhooks.endpoints.get(endpointId);
    if (type.startsWith('job.')) {
      const job = await jobs.get(jobId);
      if (!job) return null;
      const secret = job.options.webhook?.secret ?? '';
      if (endpointId === null && secret === '') return null;
      const subject = presentJob(job, { baseUrl: baseUrl(), place: null });
      const thin = (job.options.webhookThin ?? false) || (endpoint?.thin ?? false);
      return { body: renderWebhookEvent({ ...about, subject, thin }), secret };
    }
    if (!type.startsWith('batch.')) return null;
    const batch = await batches.get(jobId);
    const secret = batch?.webhook?.secret ?? '';
    if (!batch || (endpointId === null && secret === '')) return null;
    const subject = presentBatch(batch, { baseUrl: baseUrl() });
    return { body: renderWebhookEvent({ ...about, subject, thin: endpoint?.thin ?? false }), secret };
  };
}
