import { API_KEY_SCOPES, type ApiKey } from '@sluice/broker';
import { ApiError } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { requireAdmin } from '../require-admin.ts';
import { idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';

const DEFAULT_SCOPES = API_KEY_SCOPES.filter((scope) => scope !== 'admin');

const newKeySchema = z.strictObject({
  name: z.string().min(1).max(128),
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'must be letters, digits, - or _, at most 63 characters')
    .default('default'),
  scopes: z
    .array(z.enum(API_KEY_SCOPES))
    .min(1)
    .default([...DEFAULT_SCOPES]),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});

export const apiKeySchema = z.object({
  id: z.string(),
  object: z.literal('api_key'),
  name: z.string(),
  tenant: z.string(),
  scopes: z.array(z.string()),
  created_at: z.iso.datetime(),
  expires_at: z.iso.datetime().nullable(),
  revoked_at: z.iso.datetime().nullable(),
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
    preValidation: requireAdmin,
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
      const { name, tenant, scopes, expires_at: expiresAt } = request.body;
      const expiresAtMs = expiresAt === undefined ? null : Date.parse(expiresAt);
      if (expiresAtMs !== null && expiresAtMs <= Date.now()) {
        throw new ApiError('invalid_request', 'expires_at must lie in the future.', { param: 'expires_at' });
      }
      const { key, record } = await apiKeys.create({ name, tenant, scopes, expiresAtMs });
      return reply.code(201).send({ ...showKey(record), key, webhook_secret: record.webhookSecret });
    },
  });

  app.route({
    method: 'GET',
    url: '/keys',
    preValidation: requireAdmin,
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
    preValidation: requireAdmin,
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
    method: 'DELETE',
    url: '/keys/:id',
    preValidation: requireAdmin,
    schema: {
      operationId: 'revokeKey',
      summary: 'Revoke an API key',
      description:
        'Processes that have just seen the key accept it for up to 5 s more. Revoking twice is harmless.',
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

function found(key: ApiKey | null): ApiKey {
  if (!key) throw new ApiError('not_found', 'There is no such key.', { param: 'id' });
  return key;
}

function showKey(key: ApiKey): z.output<typeof apiKeySchema> {
  return {
    id: key.id,
    object: 'api_key',
    name: key.name,
    tenant: key.tenant,
    scopes: key.scopes,
    created_at: new Date(key.createdAtMs).toISOString(),
    expires_at: key.expiresAtMs === null ? null : new Date(key.expiresAtMs).toISOString(),
    revoked_at: key.revokedAtMs === null ? null : new Date(key.revokedAtMs).toISOString(),
  };
}
