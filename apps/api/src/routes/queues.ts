import type { ProviderState } from '@sluice/broker';
import {
  queueStatusSchema,
  TIERS,
  type ProviderConfig,
  type QueueStatus,
  type Tier,
} from '@sluice/contracts';
import { wantedWorkers } from '@sluice/core';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';

const queueListSchema = z.object({ object: z.literal('list'), data: z.array(queueStatusSchema) });

/** Of a worker process, while none lives that tells its own. */
const DEFAULT_CAPACITY = 100;

/** `GET /v1/queues`; for keys with the scope `admin`. */
export function addQueueRoutes(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'GET',
    url: '/queues',
    schema: {
      operationId: 'listQueues',
      summary: 'What waits, by provider and tier',
      description: 'Everything that waits, not only the few tickets that are about to be called.',
      tags: ['providers'],
      response: {
        200: jsonResponse('Every queue.', queueListSchema),
        ...errorResponses('not_allowed'),
      },
    },
    handler: async () => {
      const states = Object.entries(deps.config().providers).map(async ([name, provider]) => {
        const state = await deps.operations.providerState(name);
        return TIERS.map((tier) => showQueue(tier, { name, provider, state }));
      });
      return { object: 'list' as const, data: (await Promise.all(states)).flat() };
    },
  });
}

function showQueue(
  tier: Tier,
  { name, provider, state }: { name: string; provider: ProviderConfig; state: ProviderState },
): QueueStatus {
  const { depth, workers } = state;
  const { waiting, tokens, oldestWaitMs, drainMs } = depth.tiers[tier];
  const limits = provider.limits;
  return {
    object: 'queue',
    provider: name,
    tier,
    depth: waiting,
    tokens,
    oldest_wait_ms: oldestWaitMs,
    backlog_seconds: drainMs === null ? null : drainMs / 1_000,
    wanted_workers: wantedWorkers({
      waiting,
      inflight: depth.inflight,
      capacityPerWorker: workers.length > 0 ? depth.capacity / workers.length : DEFAULT_CAPACITY,
      slots: limits?.concurrency ?? 0,
      startsPerSecond: depth.startsPerSecond,
      rateLimited: limits?.requests_per_minute !== undefined || limits?.tokens_per_minute !== undefined,
    }),
  };
}
