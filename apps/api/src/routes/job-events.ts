import { ApiError } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { createWaiter } from '../create-waiter.ts';
import { errorResponses } from '../error-responses.ts';
import type { EventStreams } from '../event-streams.ts';
import { jobNotFound } from '../job-not-found.ts';
import { parseLastEventId } from '../parse-last-event-id.ts';
import { idParamsSchema } from '../route-schemas.ts';
import { EVENT_PAGE_LIMIT, writeEventStream } from '../write-event-stream.ts';

const querySchema = z.strictObject({
  after: z
    .string()
    .optional()
    .meta({ description: 'Sequence number after which to go on, like `Last-Event-ID`.' }),
});
const headersSchema = z.looseObject({
  'last-event-id': z
    .string()
    .optional()
    .meta({ description: 'Sequence number of the last event that was read.' }),
});

/** `GET /v1/jobs/{id}/events`. */
export function addJobEventsRoute(app: ApiServer, deps: ApiDeps & { streams: EventStreams }): void {
  app.route({
    method: 'GET',
    url: '/jobs/:id/events',
    exposeHeadRoute: false,
    schema: {
      operationId: 'streamJobEvents',
      summary: "Stream a job's events",
      description:
        'Server-sent events: `id` is the sequence number, `event` the type, `data` the event. Resumes after ' +
        '`Last-Event-ID` or `?after=`, carries a comment every 15 s, and ends after the terminal event.',
      tags: ['jobs'],
      params: idParamsSchema,
      querystring: querySchema,
      headers: headersSchema,
      response: {
        200: { description: 'The events.', content: { 'text/event-stream': { schema: z.string() } } },
        ...errorResponses(
          'invalid_request',
          'invalid_last_event_id',
          'not_found',
          'events_expired',
          'too_many_streams',
        ),
      },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { tenant } = request.caller;
      const after = parseLastEventId({
        after: request.query.after,
        header: request.headers['last-event-id'],
      });
      const leave = await deps.streams.open(request.caller);
      const signal = AbortSignal.any([request.gone, deps.streams.closing]);
      const waiter = createWaiter(signal);
      let unsubscribe = (): void => undefined;
      try {
        unsubscribe = await deps.wakeups.subscribe(id, waiter.wake);
        const firstPage = await deps.store.readEvents(id, { tenant, after, limit: EVENT_PAGE_LIMIT });
        if (firstPage.status === 'not_found') throw jobNotFound(id);
        if (firstPage.status === 'expired') {
          throw new ApiError('events_expired', "The job's events are past their retention.", { param: 'id' });
        }
        if (after > firstPage.lastSeq) {
          throw new ApiError('invalid_last_event_id', `The job has ${firstPage.lastSeq} events so far.`, {
            param: 'after',
          });
        }
        // From here on errors can't be answered any more: the connection ends, and the reader resumes.
        reply.hijack();
        reply.raw.writeHead(200, {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-cache, no-transform',
          'x-accel-buffering': 'no',
          'x-request-id': request.id,
        });
        reply.raw.flushHeaders();
        await writeEventStream({ id, tenant, after, firstPage, waiter, response: reply.raw, signal }, deps);
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
    },
  });
}
