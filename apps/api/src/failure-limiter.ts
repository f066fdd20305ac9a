import rateLimit from '@fastify/rate-limit';
import { ApiError } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiServer } from './api-server.ts';
import { retryHeaders } from './retry-headers.ts';

const REMEMBERED_ADDRESSES = 10_000;

/**
 * Counts an address's wrong keys and unknown paths in this process. What succeeds is never counted or refused, so
 * that callers behind one address do no harm to each other.
 */
export interface FailureLimiter {
  /** @throws ApiError `too_many_failures` above the limit. */
  count(request: FastifyRequest): Promise<void>;
}

export async function createFailureLimiter(
  app: ApiServer,
  { maxFailuresPerMinute }: { maxFailuresPerMinute: number },
): Promise<FailureLimiter> {
  await app.register(rateLimit, { global: false, cache: REMEMBERED_ADDRESSES });
  const check = app.createRateLimit({ max: maxFailuresPerMinute, timeWindow: 60_000 });
  return {
    async count(request) {
      const verdict = await check(request);
      if (verdict.isAllowed || !verdict.isExceeded) return;
      throw new ApiError('too_many_failures', 'Too many requests from this address have failed.', {
        headers: retryHeaders(verdict.ttl),
      });
    },
  };
}
