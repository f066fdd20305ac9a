import { createRequire } from 'node:module';
import { ApiError, apiErrorBodySchema, DURABILITY_MODES } from '@sluice/contracts';
import { durabilityInForce, describeRedisConcerns } from '@sluice/runtime';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { jsonResponse } from '../json-response.ts';
import { redisOutageReason } from '../redis-outage-reason.ts';
import { toApiError } from '../to-api-error.ts';
import { toErrorBody } from '../to-error-body.ts';

const versionsSchema = z.object({ sluice: z.string(), node: z.string() });

const redisSchema = z.object({
  version: z.string(),
  mode: z.string(),
  role: z.string(),
  replicas: z.number(),
  maxmemory_policy: z.string().nullable(),
  maxmemory_bytes: z.number(),
  used_memory_bytes: z.number(),
  aof_enabled: z.boolean(),
  appendfsync: z.string().nullable(),
  clock_skew_ms: z.number(),
  round_trip_ms: z.number(),
});

const readinessSchema = z.object({
  status: z.enum(['ready', 'degraded', 'unavailable']),
  durability: z.enum(DURABILITY_MODES),
  redis: redisSchema.nullable(),
  versions: versionsSchema,
  degraded: z.array(z.string()).meta({ description: 'What weakens the promises, each with what to do.' }),
});
const unavailableSchema = readinessSchema.extend(apiErrorBodySchema.shape);

/** `/livez`, `/readyz` and `/metrics`; no key needed. */
export function addOperationsRoutes(app: ApiServer, deps: ApiDeps): void {
  const tags = ['operations'];
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
  const versions = { sluice: version, node: process.versions.node };

  app.route({
    method: 'GET',
    url: '/livez',
    schema: {
      operationId: 'livez',
      summary: 'The process runs',
      tags,
      security: [],
      response: { 200: jsonResponse('It does.', z.object({ status: z.literal('ok') })) },
    },
    handler: async () => ({ status: 'ok' as const }),
  });

  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      operationId: 'readyz',
      summary: 'The process can do its work',
      tags,
      security: [],
      response: {
        200: jsonResponse('It can; `degraded` says what weakens its promises.', readinessSchema),
        503: jsonResponse('Redis is away.', unavailableSchema),
      },
    },
    handler: async (request, reply) => {
      const { durability } = deps.config();
      try {
        const facts = await deps.redisFacts();
        const degraded = describeRedisConcerns(facts, durability);
        const status = degraded.length === 0 ? ('ready' as const) : ('degraded' as const);
        const inForce = durabilityInForce(facts, durability);
        return { status, durability: inForce, redis: showFacts(facts), versions, degraded };
      } catch (error) {
        const apiError =
          redisOutageReason(error) === null
            ? new ApiError('redis_unavailable', 'The store can not be asked.')
            : toApiError(error);
        return reply
          .code(503)
          .headers(apiError.headers)
          .send({
            status: 'unavailable' as const,
            durability,
            redis: null,
            versions,
            degraded: ['Redis does not answer. Check REDIS_URL and that Redis runs.'],
            ...toErrorBody(apiError, { requestId: request.id, baseUrl: deps.baseUrl() }),
          });
      }
    },
  });

  app.route({
    method: 'GET',
    url: '/metrics',
    schema: {
      operationId: 'metrics',
      summary: 'Metrics in the Prometheus text format',
      tags,
      security: [],
      response: { 200: { description: 'The metrics.', content: { 'text/plain': { schema: z.string() } } } },
    },
    handler: async (_request, reply) => reply.type(deps.metrics.contentType).send(await deps.metrics.text()),
  });
}

function showFacts(facts: Awaited<ReturnType<ApiDeps['redisFacts']>>): z.output<typeof redisSchema> {
  return {
    version: facts.version,
    mode: facts.mode,
    role: facts.role,
    replicas: facts.replicas,
    maxmemory_policy: facts.maxmemoryPolicy,
    maxmemory_bytes: facts.maxmemoryBytes,
    used_memory_bytes: facts.usedMemoryBytes,
    aof_enabled: facts.aofEnabled,
    appendfsync: facts.appendfsync,
    clock_skew_ms: facts.clockSkewMs,
    round_trip_ms: facts.roundTripMs,
  };
}
