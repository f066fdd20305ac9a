import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import type { EventStreams } from '../event-streams.ts';
import { addBatchEventsRoute } from './batch-events.ts';
import { addChangeBatchRoutes } from './change-batches.ts';
import { addCreateBatchRoute } from './create-batch.ts';
import { addEstimateBatchRoute } from './estimate-batch.ts';
import { addReadBatchRoutes } from './read-batches.ts';

/** Everything under `/v1/batches`. */
export async function addBatchRoutes(
  app: ApiServer,
  deps: ApiDeps & { streams: EventStreams },
): Promise<void> {
  await app.register(async (streamed: ApiServer) => addCreateBatchRoute(streamed, deps));
  await app.register(async (streamed: ApiServer) => addEstimateBatchRoute(streamed, deps));
  addReadBatchRoutes(app, deps);
  addChangeBatchRoutes(app, deps);
  addBatchEventsRoute(app, deps);
}
