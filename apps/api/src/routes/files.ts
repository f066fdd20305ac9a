import fastifyMultipart from '@fastify/multipart';
import type { FileRecord } from '@sluice/broker';
import {
  ApiError,
  FILE_PURPOSES,
  fileObjectSchema,
  MAX_FILE_BYTES,
  type FileObject,
} from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { readUpload } from '../batches/read-upload.ts';
import type { Caller } from '../caller.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';

const listQuerySchema = pageQuerySchema.extend({
  purpose: z
    .string()
    .max(64)
    .optional()
    .meta({ description: `One of ${FILE_PURPOSES.join(', ')}.` }),
  order: z.enum(['asc', 'desc']).default('desc'),
  limit: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number from 1 to 10000')
    .default('100')
    .transform(Number)
    .pipe(z.number().min(1, 'must be 1 or more').max(10_000, 'must be 10000 or less')),
});

/** `POST`, `GET` and `DELETE /v1/files`, as OpenAI has them. */
export async function addFileRoutes(app: ApiServer, deps: ApiDeps): Promise<void> {
  await app.register(async (upload: ApiServer) => {
    await upload.register(fastifyMultipart, {
      limits: { fileSize: MAX_FILE_BYTES + 1, files: 1, fields: 20 },
    });
    upload.route({
      method: 'POST',
      url: '/files',
      config: { handlerTimeoutMs: null, bodyTimeoutMs: deps.limits.uploadTimeoutMs },
      schema: {
        operationId: 'createFile',
        summary: 'Upload the input of a batch',
        description:
          '`multipart/form-data` with `file` and `purpose: batch` in either order, and optionally `expires_after[anchor]` ' +
          'and `expires_after[seconds]`. At most 200 MB and 50,000 lines.',
        tags: ['openai'],
        consumes: ['multipart/form-data'],
        response: {
          200: jsonResponse('The file.', fileObjectSchema),
          ...errorResponses(
            'invalid_request',
            'file_too_large',
            'storage_unavailable',
            'body_too_large',
            'too_many_lines',
            'unsupported_media_type',
            'redis_full',
          ),
        },
      },
      handler: async (request) => {
        request.raw.socket.setTimeout(0);
        const { input, filename, lifetimeSeconds } = await readUpload(
          request,
          deps.limits.maxStreamedBodyBytes,
        );
        const { files } = request.caller;
        try {
          return showFile(await files.add(input, { filename, lifetimeSeconds }));
        } catch (error) {
          await files.discard(input).catch(() => undefined);
          throw error;
        }
      },
    });
  });

  app.route({
    method: 'GET',
    url: '/files',
    schema: {
      operationId: 'listFiles',
      summary: 'List files',
      tags: ['openai'],
      querystring: listQuerySchema,
      response: {
        200: jsonResponse('A page of files.', listSchema(fileObjectSchema)),
        ...errorResponses('invalid_request', 'invalid_cursor'),
      },
    },
    handler: async (request) => {
      const { limit, after, purpose, order } = request.query;
      const { files } = request.caller;
      const page = await files.list({ limit, after, purpose, oldestFirst: order === 'asc' });
      if (!page)
        throw new ApiError('invalid_cursor', 'after names no file of this tenant.', { param: 'after' });
      const data = page.files.map(showFile);
      return {
        object: 'list' as const,
        data,
        first_id: data[0]?.id ?? null,
        last_id: data.at(-1)?.id ?? null,
        has_more: page.hasMore,
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/files/:id',
    schema: {
      operationId: 'getFile',
      summary: 'Read what is known of a file',
      tags: ['openai'],
      params: idParamsSchema,
      response: { 200: jsonResponse('The file.', fileObjectSchema), ...errorResponses('not_found') },
    },
    handler: async (request) => showFile(await find(request.params.id, request.caller)),
  });

  app.route({
    method: 'GET',
    url: '/files/:id/content',
    config: { handlerTimeoutMs: null },
    schema: {
      operationId: 'getFileContent',
      summary: 'Download a file',
      tags: ['openai'],
      params: idParamsSchema,
      response: {
        200: {
          description: 'The content.',
          content: { 'application/octet-stream': { schema: z.string() } },
        },
        ...errorResponses('not_found'),
      },
    },
    handler: async (request, reply) => {
      const file = await find(request.params.id, request.caller);
      const content = await request.caller.files.read(file);
      if (!content) throw fileNotFound(file.id);
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-length', file.bytes)
        .header('content-disposition', `attachment; filename="${file.filename}"`)
        .send(content as unknown as string);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/files/:id',
    schema: {
      operationId: 'deleteFile',
      summary: 'Delete a file',
      description: 'It is gone at once; batches that read it go on.',
      tags: ['openai'],
      params: idParamsSchema,
      response: {
        200: jsonResponse(
          'The file is gone.',
          z.object({ id: z.string(), object: z.literal('file'), deleted: z.literal(true) }),
        ),
        ...errorResponses('not_found'),
      },
    },
    handler: async (request) => {
      const { id } = request.params;
      await find(id, request.caller);
      if (!(await request.caller.files.remove(id))) throw fileNotFound(id);
      return { id, object: 'file' as const, deleted: true as const };
    },
  });

  async function find(id: string, { files }: Caller): Promise<FileRecord> {
    const file = await files.get(id);
    if (!file) throw fileNotFound(id);
    return file;
  }
}

export function fileNotFound(id: string): ApiError {
  return new ApiError('not_found', `There is no file ${id.slice(0, 80)}.`, { param: 'id' });
}

function showFile({ id, purpose, filename, bytes, createdAtMs, expiresAtMs }: FileRecord): FileObject {
  return {
    id,
    object: 'file',
    purpose,
    filename,
    bytes,
    created_at: Math.floor(createdAtMs / 1_000),
    expires_at: Math.floor(expiresAtMs / 1_000),
    status: 'processed',
    status_details: null,
  };
}
