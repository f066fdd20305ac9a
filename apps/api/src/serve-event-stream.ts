import type { TenantJobs } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import { beginEventStream } from './begin-event-stream.ts';
import { createWaiter } from './create-waiter.ts';
import type { EventStreams } from './event-streams.ts';
import { EVENT_PAGE_LIMIT, writeEventStream } from './write-event-stream.ts';

/**
 * Answers with the events of a job or a batch from one on, until its terminal event.
 * @throws ApiError `not_found`, `events_expired`, `invalid_last_event_id`, `too_many_streams`.
 */
export async function serveEventStream(
  {
    id,
    after,
    subject,
    events,
  }: {
    id: string;
    /** Sequence number of the last event that the reader has. */
    after: number;
    subject: 'job' | 'batch';
    /** Of the caller's tenant alone. */
    events: Pick<TenantJobs, 'readEvents'>;
  },
  {
    request,
    reply,
  }: { request: Pick<FastifyRequest, 'id' | 'caller' | 'gone' | 'log'>; reply: FastifyReply },
  deps: Pick<ApiDeps, 'wakeups' | 'limits'> & { streams: EventStreams },
): Promise<FastifyReply> {
  const leave = await deps.streams.open(request.caller);
  const signal = AbortSignal.any([request.gone, deps.streams.closing]);
  const waiter = createWaiter(signal);
  let unsubscribe = (): void => undefined;
  try {
    unsubscribe = await deps.wakeups.subscribe(id, waiter.wake);
    const firstPage = await events.readEvents(id, { after, limit: EVENT_PAGE_LIMIT });
    if (firstPage.status === 'not_found') {
      throw new ApiError('not_found', `There is no ${subject} ${id.slice(0, 80)}.`, { param: 'id' });
    }
    if (firstPage.status === 'expired') {
      throw new ApiError('events_expired', `The ${subject}'s events are past their retention.`, {
        param: 'id',
      });
    }
    if (after > firstPage.lastSeq) {
      const message = `The ${subject} has ${firstPage.lastSeq} events so far.`;
      throw new ApiError('invalid_last_event_id', message, { param: 'after' });
    }
    beginEventStream(reply);
    await writeEventStream({ id, events, after, firstPage, waiter, response: reply.raw, signal }, deps);
    reply.raw.end();
  } catch (error) {
    if (!reply.sent) throw error;
    request.log.error({ err: error }, 'event stream failed');
    reply.raw.destroy();
  } finally {
    unsubscribe();
    waiter.close();
    leave();
  }
  return reply;
}
