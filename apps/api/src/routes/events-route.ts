import type { TenantJobs } from '@sluice/broker';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import type { Caller } from '../caller.ts';
import { errorResponses } from '../error-responses.ts';
import type { EventStreams } from '../event-streams.ts';
import { parseLastEventId } from '../parse-last-event-id.ts';
import { eventsHeadersSchema, eventsQuerySchema, idParamsSchema } from '../route-schemas.ts';
import { serveEventStream } from '../serve-event-stream.ts';

/** What the event streams of jobs and of batches differ in. */
export interface EventsRoute {
  subject: 'job' | 'batch';
  url: string;
  tag: string;
  operationId: string;
  description: string;
  /** Events of the caller's tenant alone. */
  eventsOf: (caller: Caller) => Pick<TenantJobs, 'readEvents'>;
}

/** A route that streams the events of what the path's id names. */
export function addEventsRoute(
  app: ApiServer,
  { subject, url, tag, operationId, description, eventsOf }: EventsRoute,
  deps: ApiDeps & { streams: EventStreams },
): void {
  app.route({
    method: 'GET',
    url,
    exposeHeadRoute: false,
    schema: {
      operationId,
      summary: `Stream a ${subject}'s events`,
      description,
      tags: [tag],
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
      const events = eventsOf(request.caller);
      return serveEventStream({ id, after, subject, events }, { request, reply }, deps);
    },
  });
}
