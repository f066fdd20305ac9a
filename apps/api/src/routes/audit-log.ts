import { ApiError } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { listSchema, pageQuerySchema } from '../route-schemas.ts';

const auditEntrySchema = z.object({
  id: z.string(),
  object: z.literal('audit_entry'),
  at: z.iso.datetime(),
  action: z.string().meta({ description: 'The operation’s id in the OpenAPI document.' }),
  key_id: z.string(),
  tenant: z.string(),
  target: z.string().nullable(),
  details: z.string().nullable().meta({ description: 'The request’s body, shortened.' }),
  status: z.number().int(),
  request_id: z.string(),
  address: z.string(),
});

/** `GET /v1/audit_log`. */
export function addAuditLogRoute(app: ApiServer, { audit }: Pick<ApiDeps, 'audit'>): void {
  app.route({
    method: 'GET',
    url: '/audit_log',
    schema: {
      operationId: 'listAuditLog',
      summary: 'What administrators changed',
      description: 'About the last 10,000 changes that need the scope `admin`, refused ones included.',
      tags: ['keys'],
      querystring: pageQuerySchema,
      response: {
        200: jsonResponse('A page, newest first.', listSchema(auditEntrySchema)),
        ...errorResponses('invalid_request', 'invalid_cursor', 'not_allowed'),
      },
    },
    handler: async (request) => {
      const page = await audit.list(request.query);
      if (!page) throw new ApiError('invalid_cursor', 'after names no entry.', { param: 'after' });
      const data = page.entries.map(({ id, atMs, keyId, requestId, ...entry }) => ({
        id,
        object: 'audit_entry' as const,
        at: new Date(atMs).toISOString(),
        key_id: keyId,
        request_id: requestId,
        ...entry,
      }));
      const [first, last] = [data[0], data.at(-1)];
      return {
        object: 'list' as const,
        data,
        first_id: first?.id ?? null,
        last_id: last?.id ?? null,
        has_more: page.hasMore,
      };
    },
  });
}
