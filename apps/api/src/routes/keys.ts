import type { ApiKey } from '@sluice/broker';
import {
  API_KEY_SCOPES,
  ApiError,
  apiKeyAllowSchema,
  apiKeyDefaultsSchema,
  apiKeyLimitsSchema,
  apiKeyScopeSchema,
  parseDurationMs,
  durationSchema,
  tenantNameSchema,
} from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';

const DEFAULT_SCOPES = API_KEY_SCOPES.filter((scope) => scope !== 'admin');

const newKeySchema = z.strictObject({
  name: z.string().min(1).max(128),
  tenant: tenantNameSchema.default('default'),
  scopes: z
    .array(apiKeyScopeSchema)
    .min(1)
    .default([...DEFAULT_SCOPES]),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  limits: apiKeyLimitsSchema.optional(),
  allow: apiKeyAllowSchema.optional(),
  defaults: apiKeyDefaultsSchema.optional(),
});

const changedKeySchema = z
  .strictObject({
    name: newKeySchema.shape.name.optional(),
    scopes: z.array(apiKeyScopeSchema).min(1).optional(),
    limits: apiKeyLimitsSchema.nullish(),
    allow: apiKeyAllowSchema.nullish(),
    defaults: apiKeyDefaultsSchema.nullish(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must name something to change');

const rotationSchema = z
  .strictObject({
    overlap: durationSchema.optional().meta({ description: 'How long the old key still works; 24h.' }),
  })
  .nullish();

const DEFAULT_OVERLAP = '24h';
const MAX_OVERLAP_MS = 30 * 86_400_000;

export const apiKeySchema = z.object({
  id: z.string(),
  object: z.literal('api_key'),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
  last_used_at: z.iso.datetime().nullable().meta({ description: 'To the minute.' }),
  previous_key_until: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'Until when the key before the last rotation works too.' }),
  limits: apiKeyLimitsSchema.loose().nullable(),
  allow: apiKeyAllowSchema.loose().nullable(),
  defaults: apiKeyDefaultsSchema.loose().nullable(),
});

export const createdApiKeySchema = apiKeySchema.extend({
  key: z.string().meta({ description: 'The key. It is shown only now.' }),
  webhook_secret: z.string().meta({ description: 'Signs the webhooks of jobs that bring no secret.' }),
});

/** `/v1/keys`; for keys with the scope `admin`. */
export function addKeyRoutes(app: ApiServer, { apiKeys }: ApiDeps): void {
  const tags = ['keys'];

  app.route({
    method: 'POST',
    url: '/keys',
    schema: {
      operationId: 'createKey',
      summary: 'Make an API key',
      tags,
      body: newKeySchema,
      response: {
        201: jsonResponse('The key, shown once.', createdApiKeySchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'unsupported_option',
          'not_allowed',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request, reply) => {
      const { name, tenant, scopes, expires_at: expiresAt, limits, allow, defaults } = request.body;
      const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
      if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
        throw new ApiError('invalid_request', 'expires_at must lie in the future.', { param: 'expires_at' });
      }
      const granted = { limits: limits ?? null, allow: allow ?? null, defaults: defaults ?? null };
      const { key, record } = await apiKeys.create({ name, tenant, scopes, expiresAtMs, ...granted });
      return reply.code(201).send({ ...showKey(record), key, webhook_secret: record.webhookSecret });
    },
  });

  app.route({
    method: 'GET',
    url: '/keys',
    schema: {
      operationId: 'listKeys',
      summary: 'List API keys',
      tags,
      querystring: pageQuerySchema,
      response: {
        200: jsonResponse('A page of keys, newest first.', listSchema(apiKeySchema)),
        ...errorResponses('invalid_request', 'invalid_cursor', 'not_allowed'),
      },
    },
    handler: async (request) => {
      const page = await apiKeys.list(request.query);
      if (!page) throw new ApiError('invalid_cursor', 'after names no key.', { param: 'after' });
      const data = page.keys.map(showKey);
      const [first, last] = [data[0], data.at(-1)];
      return {
        object: 'list',
        data,
        first_id: first?.id ?? null,
        last_id: last?.id ?? null,
        has_more: page.hasMore,
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/keys/:id',
    schema: {
      operationId: 'getKey',
      summary: 'Read an API key',
      tags,
      params: idParamsSchema,
      response: {
        200: jsonResponse('The key, without its secret.', apiKeySchema),
        ...errorResponses('not_allowed', 'not_found'),
      },
    },
    handler: async (request) => showKey(found(await apiKeys.get(request.params.id))),
  });

  app.route({
    method: 'PATCH',
    url: '/keys/:id',
    schema: {
      operationId: 'changeKey',
      summary: 'Change what an API key may do and take',
      description: 'In force everywhere within a second. A field that is not sent stays; null takes it back.',
      tags,
      params: idParamsSchema,
      body: changedKeySchema,
      response: {
        200: jsonResponse('The key as it is now.', apiKeySchema),
        ...errorResponses('invalid_json', 'invalid_request', 'not_allowed', 'not_found'),
      },
    },
    handler: async (request) => {
      const { limits, allow, defaults, name, scopes } = request.body;
      const changes = {
        ...(name === undefined ? {} : { name }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(limits === undefined ? {} : { limits }),
        ...(allow === undefined ? {} : { allow }),
        ...(defaults === undefined ? {} : { defaults }),
      };
      return showKey(found(await apiKeys.change(request.params.id, changes)));
    },
  });

  app.route({
    method: 'POST',
    url: '/keys/:id/rotate',
    schema: {
      operationId: 'rotateKey',
      summary: 'Give an API key a new secret',
      description:
        'The id, and with it limits and history, stays. The old key works until `previous_key_until`, one from ' +
        'before that no longer.',
      tags,
      params: idParamsSchema,
      body: rotationSchema,
      response: {
        200: jsonResponse('The new key, shown once.', createdApiKeySchema),
        ...errorResponses('invalid_json', 'invalid_request', 'not_allowed', 'not_found'),
      },
    },
    handler: async (request) => {
      const overlapMs = parseDurationMs(request.body?.overlap ?? DEFAULT_OVERLAP) as number;
      if (overlapMs > MAX_OVERLAP_MS) {
        throw new ApiError('invalid_request', 'overlap must be 30d at most.', { param: 'overlap' });
      }
      const rotated = await apiKeys.rotate(request.params.id, { overlapMs });
      if (!rotated) throw keyNotFound();
      const { key, record } = rotated;
      return { ...showKey(record), key, webhook_secret: record.webhookSecret };
    },
  });

  for (const [method, url, operationId] of [
    ['DELETE', '/keys/:id', 'revokeKey'],
    ['POST', '/keys/:id/revoke', 'revokeKeyByPost'],
  ] as const) {
    app.route({
      method,
      url,
      schema: {
        operationId,
        summary: 'Revoke an API key',
        description: 'In force in every process within a second. Revoking twice is harmless.',
        tags,
        params: idParamsSchema,
        response: {
          200: jsonResponse('The revoked key.', apiKeySchema),
          ...errorResponses('not_allowed', 'not_found'),
        },
      },
      handler: async (request) => showKey(found(await apiKeys.revoke(request.params.id))),
    });
  }
}

function found(key: ApiKey | null): ApiKey {
  if (!key) throw keyNotFound();
  return key;
}

function keyNotFound(): ApiError {
  return new ApiError('not_found', 'There is no such key.', { param: 'id' });
}

function showKey(key: ApiKey): z.output<typeof apiKeySchema> {
  return {
    id: key.id,
    object: 'api_key',
    name: key.name,
    tenant: key.tenant,
    scopes: [...key.scopes],
    created_at: new Date(key.createdAtMs).toISOString(),
    expires_at: isoTime(key.expiresAtMs),
    revoked_at: isoTime(key.revokedAtMs),
    last_used_at: isoTime(key.lastUsedAtMs),
    previous_key_until: isoTime(key.previousUntilMs),
    limits: key.limits,
    allow: key.allow,
    defaults: key.defaults,
  };
}

function isoTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
