import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';

const QUIET = new Set(['/livez', '/readyz', '/metrics']);

/** The request id on every answer, one log line and one measurement per request; never a body. */
export function addRequestObservers(app: ApiServer, { metrics }: Pick<ApiDeps, 'metrics'>): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    // Anthropic's clients look there.
    if (request.url.startsWith('/v1/messages')) reply.header('request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    const durationMs = reply.elapsedTime;
    metrics.httpRequest({ method: request.method, route, status: reply.statusCode, durationMs });
    const level = QUIET.has(route) ? 'debug' : 'info';
    request.log[level](
      { method: request.method, route, status: reply.statusCode, durationMs: Math.round(durationMs) },
      'request',
    );
  });
}
