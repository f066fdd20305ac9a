import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import type { EventStreams } from '../event-streams.ts';
import { parseLastEventId } from '../parse-last-event-id.ts';
import { eventsHeadersSchema, eventsQuerySchema, idParamsSchema } from '../route-schemas.ts';
import { serveEventStream } from '../serve-event-stream.ts';

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
      return serveEventStream(
        { id, after, subject: 'job', events: request.caller.jobs },
        { request, reply },
        deps,
      );
    },
  });
}
