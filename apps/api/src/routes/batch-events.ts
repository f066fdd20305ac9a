import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import type { EventStreams } from '../event-streams.ts';
import { addEventsRoute } from './events-route.ts';

/** `GET /v1/batches/{id}/events`. */
export function addBatchEventsRoute(app: ApiServer, deps: ApiDeps & { streams: EventStreams }): void {
  const route = {
    subject: 'batch',
    url: '/batches/:id/events',
    tag: 'batches',
    operationId: 'streamBatchEvents',
    description:
      'As the events of a job. `batch.in_progress` tells `request_counts` at most once a second; the stream ends after ' +
      '`batch.completed`, `batch.failed`, `batch.expired` or `batch.cancelled`.',
  } as const;
  addEventsRoute(app, { ...route, eventsOf: ({ batches }) => batches }, deps);
}
