import type { TenantJobs } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import { beginEventStream } from './begin-event-stream.ts';
import type { EventStreams } from './event-streams.ts';
import { holdEventStream } from './hold-event-stream.ts';
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
  connection: { request: Pick<FastifyRequest, 'id' | 'caller' | 'gone' | 'log'>; reply: FastifyReply },
  deps: Pick<ApiDeps, 'wakeups' | 'limits'> & { streams: EventStreams },
): Promise<FastifyReply> {
  return holdEventStream(connection, deps, async ({ signal, waiter, wakeAt }) => {
    await wakeAt(id);
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
    beginEventStream(connection.reply);
    await writeEventStream(
      { id, events, after, firstPage, waiter, response: connection.reply.raw, signal },
      deps,
    );
  });
}
