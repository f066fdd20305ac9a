import { ApiError } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';

/** @throws ApiError `not_allowed` when the caller's key has no scope `admin`. */
export async function requireAdmin(request: FastifyRequest): Promise<void> {
  if (!request.caller.scopes.includes('admin')) {
    throw new ApiError('not_allowed', 'This path needs a key with the scope admin.');
  }
}
