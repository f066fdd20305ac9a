import { ApiError } from '@sluice/contracts';
import type { ApiServer } from './api-server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Aborted when the answer is out, the caller has gone, or the handler took too long. */
    gone: AbortSignal;
  }
  interface FastifyContextConfig {
    /** Longest time to an answer on this route; null: the handler bounds it. @defaultValue `ApiLimits.handlerTimeoutMs` */
    handlerTimeoutMs?: number | null;
  }
}

/**
 * Answers 503 `request_timeout` when a handler takes too long, and tells handlers that the caller has gone.
 * Fastify's own `handlerTimeout` and `request.signal` (5.12) listen to the request's `close`, which Node emits as
 * soon as a body has been read: for a POST the timer is then off and the signal aborted. The answer's `close`
 * comes when it should. A hijacked answer (an event stream) is left alone.
 */
export function addHandlerTimeout(app: ApiServer, { handlerTimeoutMs }: { handlerTimeoutMs: number }): void {
  app.decorateRequest('gone');
  app.addHook('onRequest', async (request, reply) => {
    const controller = new AbortController();
    request.gone = controller.signal;
    const { handlerTimeoutMs: ofRoute = handlerTimeoutMs } = request.routeOptions.config;
    const answerTooLate = (): void => {
      if (reply.sent) return;
      controller.abort();
      reply.send(
        new ApiError('request_timeout', 'The request took too long.', { headers: { 'retry-after': '2' } }),
      );
    };
    const timer = ofRoute === null ? undefined : setTimeout(answerTooLate, ofRoute);
    reply.raw.once('close', () => {
      clearTimeout(timer);
      controller.abort();
    });
  });
}
