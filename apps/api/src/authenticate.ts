import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { API_KEY_SCOPES, ApiError } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import type { Caller } from './caller.ts';
import type { FailureLimiter } from './failure-limiter.ts';
import { openTenant, type TenantStores } from './tenant-handles.ts';

const REFUSALS = {
  unknown: 'This API key is not known.',
  expired: 'This API key has expired.',
  revoked: 'This API key was revoked.',
} as const;

const ADMIN_TENANT = 'default';
const ADMIN_KEY = 'admin';

/**
 * Finds out who calls, from `Authorization: Bearer` or `x-api-key`. Runs before the body is read. The admin key
 * needs no Redis.
 * @throws ApiError `missing_api_key`, `invalid_api_key`, `too_many_failures`.
 */
export function createAuthenticate({
  adminKey,
  apiKeys,
  installationSecret,
  failures,
  stores,
}: Pick<ApiDeps, 'adminKey' | 'apiKeys' | 'installationSecret'> & {
  stores: TenantStores;
  failures: FailureLimiter;
}): (request: FastifyRequest) => Promise<void> {
  const adminDigest = adminKey === null ? null : sha256(adminKey);
  const admin: Caller = {
    ...openTenant(stores, { tenant: ADMIN_TENANT, keyId: ADMIN_KEY }),
    keyId: ADMIN_KEY,
    scopes: API_KEY_SCOPES,
    limits: null,
    allow: null,
    defaults: null,
    stillHolds: async () => true,
    webhookSecret: async () => {
      const bytes = createHmac('sha256', await installationSecret())
        .update('webhook:admin')
        .digest();
      return `whsec_${bytes.toString('base64')}`;
    },
  };

  return async (request) => {
    const sent = sentKey(request);
    if (sent === null) {
      await failures.count(request);
      throw new ApiError('missing_api_key', 'This path needs an API key.', CHALLENGE);
    }
    if (adminDigest && timingSafeEqual(sha256(sent), adminDigest)) {
      request.caller = admin;
      return;
    }
    const outcome = await apiKeys.verify(sent);
    if (outcome.status !== 'ok') {
      await failures.count(request);
      throw new ApiError('invalid_api_key', REFUSALS[outcome.status], CHALLENGE);
    }
    const { id, webhookSecret, ...key } = outcome.key;
    const { tenant, scopes, limits, allow, defaults } = key;
    request.caller = {
      ...openTenant(stores, { tenant, keyId: id }),
      keyId: id,
      scopes,
      limits,
      allow,
      defaults,
      stillHolds: async () => {
        const now = await apiKeys.verify(sent);
        return now.status === 'ok' && scopes.every((scope) => now.key.scopes.includes(scope));
      },
      webhookSecret: () => Promise.resolve(webhookSecret),
    };
  };
}

const CHALLENGE = { headers: { 'www-authenticate': 'Bearer realm="sluice"' } };

function sentKey({ headers }: FastifyRequest): string | null {
  const bearer = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim();
  if (bearer) return bearer;
  const header = headers['x-api-key'];
  return typeof header === 'string' && header !== '' ? header : null;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
