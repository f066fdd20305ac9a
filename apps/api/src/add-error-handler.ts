import { ApiError } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';
import { createAllowedMethods } from './allowed-methods.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import { isBrokenOff } from './is-broken-off.ts';
import { toAnthropicErrorBody } from './to-anthropic-error-body.ts';
import { toApiError } from './to-api-error.ts';
import { toErrorBody } from './to-error-body.ts';

/** All errors leave in the contract's shape, or in Anthropic's on its routes: thrown ones, unknown paths (404) and wrong methods (405). */
export function addErrorHandler(
  app: ApiServer,
  { baseUrl, failures }: Pick<ApiDeps, 'baseUrl'> & { failures: FailureLimiter },
): void {
  const allowedMethods = createAllowedMethods(app);
  const errorBody = (error: ApiError, { id: requestId, url }: { id: string; url: string }): object =>
    url.startsWith('/v1/messages')
      ? toAnthropicErrorBody(error, requestId)
      : toErrorBody(error, { requestId, baseUrl: baseUrl() });

  app.setErrorHandler((error, request, reply) => {
    // It looks like an outage of the store, and nobody is there to be told.
    const apiError = isBrokenOff(error, request.raw) ? BROKEN_OFF : toApiError(error);
    if (apiError.status >= 500) request.log.error({ err: error, code: apiError.code }, 'request failed');
    return reply.code(apiError.status).headers(apiError.headers).send(errorBody(apiError, request));
  });

  const refuse = async (request: FastifyRequest): Promise<never> => {
    await failures.count(request);
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = allowedMethods(path);
    if (allowed.length === 0) throw new ApiError('not_found', `There is no ${request.method} ${path}.`);
    throw new ApiError('method_not_allowed', `${path} does not take ${request.method}.`, {
      headers: { allow: allowed.join(', ') },
    });
  };
  app.setNotFoundHandler(refuse);
  // Before the body is read, which Fastify does for unknown paths too.
  app.addHook('onRequest', async (request) => {
    if (request.is404) await refuse(request);
  });
}

const BROKEN_OFF = new ApiError('invalid_request', 'The request was broken off before its body was there.');
