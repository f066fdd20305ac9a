import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import { ApiError, type HttpConfig } from '@sluice/contracts';
import type { ApiServer } from './api-server.ts';

/** Pages with scripts of their own origin: the API's documentation and bull-board. */
const PAGES = /^\/(docs|queues|dashboard)(\/|\?|$)/;
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
const PAGE_POLICY = [
  "default-src 'self'",
  // bull-board and Swagger UI begin with a script in the page, and set styles from scripts.
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'self'",
  "form-action 'self'",
].join('; ');

/**
 * Headers that keep browsers from misusing answers (helmet), CORS for the origins that are configured, and none else.
 * Bodies must come as they are: nothing is decompressed, so there are no decompression bombs.
 */
export async function addSecurityHeaders(app: ApiServer, http: HttpConfig): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: false,
    crossOriginResourcePolicy: { policy: http.cors_origins.length > 0 ? 'cross-origin' : 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  });
  if (http.cors_origins.length > 0) {
    await app.register(cors, {
      origin: http.cors_origins,
      methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
      exposedHeaders: [
        'x-request-id',
        'retry-after',
        'retry-after-ms',
        'idempotent-replayed',
        'ratelimit',
        'ratelimit-policy',
      ],
      maxAge: 600,
    });
  }
  app.addHook('onRequest', async (request, reply) => {
    refuseTwoHosts(request.raw.rawHeaders);
    reply.header('content-security-policy', PAGES.test(request.url) ? PAGE_POLICY : DATA_POLICY);
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') return;
    throw new ApiError(
      'unsupported_media_type',
      'The body must not be compressed: leave out content-encoding.',
    );
  });
}

/** Node takes the first of them; whoever stands before this server may have taken another. RFC 9112, section 3.2. */
function refuseTwoHosts(namesAndValues: readonly string[]): void {
  let hosts = 0;
  for (let at = 0; at < namesAndValues.length; at += 2) {
    const name = namesAndValues[at] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  if (hosts > 1) throw new ApiError('invalid_request', 'The request has more than one Host header.');
}
