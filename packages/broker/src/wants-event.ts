import type { JobOptions } from './job-record.ts';

/**
 * Whether an event that is not the job's end has to go out as a webhook. Its end always is looked at, because the
 * outbox holds it anyway.
 */
export function wantsEvent(
  { webhook, endpointEvents }: Pick<JobOptions, 'webhook' | 'endpointEvents'>,
  type: string,
): boolean {
  return (webhook?.events.includes(type) ?? false) || (endpointEvents?.includes(type) ?? false);
}
