import { Transform } from 'node:stream';
import { ApiError } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';
import { retryHeaders } from './retry-headers.ts';

/**
 * Requests per minute and body size of keys that have such limits; comes after authentication. Answers carry
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
 */
export function addKeyLimits(app: ApiServer, { quotas }: Pick<ApiDeps, 'quotas'>): void {
  app.addHook('onRequest', async ({ caller, headers }, reply) => {
    const { requests_per_minute: perMinute, body_bytes: maxBytes } = caller.limits ?? {};
    if (maxBytes !== undefined && Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    if (perMinute === undefined) return;
    const outcome = await quotas.countRequest(caller.keyId, perMinute);
    const refused = outcome.status === 'refused';
    const [left, resetMs] = refused ? [0, outcome.retryAfterMs] : [outcome.left, outcome.fullInMs];
    tellLimit(reply, { perMinute, left, resetMs });
    if (!refused) return;
    throw new ApiError('rate_limit_exceeded', `This key may send ${perMinute} requests a minute.`, {
      headers: retryHeaders(outcome.retryAfterMs),
    });
  });

  app.addHook('preParsing', async ({ caller }, _reply, payload) => {
    const maxBytes = caller.limits?.body_bytes;
    if (maxBytes === undefined) return payload;
    let received = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        done(received > maxBytes ? tooLarge(maxBytes) : null, chunk);
      },
    });
    payload.once('error', (error) => counted.destroy(error));
    return payload.pipe(counted);
  });
}

function tooLarge(maxBytes: number): ApiError {
  return new ApiError('body_too_large', `This key may send ${maxBytes} bytes in one request.`);
}

function tellLimit(
  reply: FastifyReply,
  { perMinute, left, resetMs }: { perMinute: number; left: number; resetMs: number },
): void {
  reply.header('ratelimit-policy', `"requests";q=${perMinute};w=60`);
  reply.header('ratelimit', `"requests";r=${left};t=${Math.ceil(resetMs / 1_000)}`);
}
