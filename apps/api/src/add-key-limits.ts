import { Transform } from 'node:stream';
import { ApiError } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';
import { keyBodyTooLarge } from './key-body-too-large.ts';
import { retryHeaders } from './retry-headers.ts';

/**
 * Requests per minute and body size of keys that have such limits; comes after authentication. Answers carry
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
 */
export function addKeyLimits(app: ApiServer, { quotas }: Pick<ApiDeps, 'quotas'>): void {
  app.addHook('onRequest', async ({ caller, headers }, reply) => {
    const { requests_per_minute: perMinute, body_bytes: maxBytes } = caller.limits ?? {};
    if (maxBytes !== undefined && Number(headers['content-length'] ?? 0) > maxBytes)
      throw keyBodyTooLarge(maxBytes);
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

  app.addHook('preParsing', async ({ caller, headers }, _reply, payload) => {
    const maxBytes = caller.limits?.body_bytes;
    // An upload's parser takes the request itself; who reads uploads counts them.
    const isUpload = /^multipart\//i.test(headers['content-type'] ?? '');
    if (maxBytes === undefined || isUpload) return payload;
    let received = 0;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        received += chunk.length;
        done(received > maxBytes ? keyBodyTooLarge(maxBytes) : null, chunk);
      },
    });
    payload.once('error', (error) => counted.destroy(error));
    return payload.pipe(counted);
  });
}

function tellLimit(
  reply: FastifyReply,
  { perMinute, left, resetMs }: { perMinute: number; left: number; resetMs: number },
): void {
  reply.header('ratelimit-policy', `"requests";q=${perMinute};w=60`);
  reply.header('ratelimit', `"requests";r=${left};t=${Math.ceil(resetMs / 1_000)}`);
}
