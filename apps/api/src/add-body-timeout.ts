import { ApiError } from '@sluice/contracts';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';
import { toErrorBody } from './to-error-body.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Longest time for the body to arrive on this route. @defaultValue `ApiLimits.requestTimeoutMs` */
    bodyTimeoutMs?: number;
  }
}

/**
 * Answers 408 to a request whose body takes too long to arrive, and cuts the connection when an answer (an event stream)
 * has begun by then. The server's own timer is one for all routes, and an upload may take minutes.
 */
export function addBodyTimeout(
  app: ApiServer,
  { limits: { requestTimeoutMs }, baseUrl }: Pick<ApiDeps, 'limits' | 'baseUrl'>,
): void {
  app.addHook('onRequest', async (request, reply) => {
    const { bodyTimeoutMs = requestTimeoutMs } = request.routeOptions.config;
    const timer = setTimeout(() => {
      if (request.raw.complete) return;
      if (reply.sent) {
        reply.raw.destroy();
        return;
      }
      const error = new ApiError('request_timeout', 'The request took too long to arrive.');
      void reply.code(408).send(toErrorBody(error, { requestId: request.id, baseUrl: baseUrl() }));
    }, bodyTimeoutMs);
    reply.raw.once('close', () => clearTimeout(timer));
  });
}
