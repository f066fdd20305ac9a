import type { TenantJobs } from '@sluice/broker';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import type { EventStreams } from '../event-streams.ts';
import { parseLastEventId } from '../parse-last-event-id.ts';
import { eventsHeadersSchema, eventsQuerySchema, idParamsSchema } from '../route-schemas.ts';
import { serveEventStream } from '../serve-event-stream.ts';

/** `GET /v1/batches/{id}/events`. */
export function addBatchEventsRoute(app: ApiServer, deps: ApiDeps & { streams: EventStreams }): void {
  app.route({
    method: 'GET',
    url: '/batches/:id/events',
    exposeHeadRoute: false,
    schema: {
      operationId: 'streamBatchEvents',
      summary: "Stream a batch's events",
      description:
        'As the events of a job. `batch.in_progress` tells `request_counts` at most once a second; the stream ends after ' +
        '`batch.completed`, `batch.failed`, `batch.expired` or `batch.cancelled`.',
      tags: ['batches'],
      params: idParamsSchema,
      querystring: eventsQuerySchema,
      headers: eventsHeadersSchema,
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
      const after = parseLastEventId({
        after: request.query.after,
        header: request.headers['last-event-id'],
      });
      const { tenant } = request.caller;
      const events: Pick<TenantJobs, 'readEvents'> = {
        readEvents: (batchId, page) => deps.batches.readEvents(batchId, { ...page, tenant }),
      };
      return serveEventStream({ id, after, subject: 'batch', events }, { request, reply }, deps);
    },
  });
}
