import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import type { EventStreams } from '../event-streams.ts';
import { addEventsRoute } from './events-route.ts';

/** `GET /v1/jobs/{id}/events`. */
export function addJobEventsRoute(app: ApiServer, deps: ApiDeps & { streams: EventStreams }): void {
  const route = {
    subject: 'job',
    url: '/jobs/:id/events',
    tag: 'jobs',
    operationId: 'streamJobEvents',
    description:
      'Server-sent events: `id` is the sequence number, `event` the type, `data` the event. Resumes after ' +
      '`Last-Event-ID` or `?after=`, carries a comment every 15 s, and ends after the terminal event.',
  } as const;
  addEventsRoute(app, { ...route, eventsOf: ({ jobs }) => jobs }, deps);
}
