import { ApiError } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import type { Caller } from '../caller.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { findModel, listModels, type ListedModel } from '../list-models.ts';
import { idParamsSchema } from '../route-schemas.ts';

const modelSchema = z.object({
  id: z.string().meta({ description: 'A route, a target, or a plain model name.' }),
  object: z.literal('model'),
  /** Unix seconds. */
  created: z.number().int(),
  owned_by: z.string(),
});
type Model = z.infer<typeof modelSchema>;

/** Models have no birthday here; clients want a number. */
const CREATED = 1_767_225_600;

/** `GET /v1/models` and `GET /v1/models/{id}`, as OpenAI has them. */
export function addModelRoutes(app: ApiServer, deps: ApiDeps): void {
  const find = (id: string, caller: Caller): Model => {
    const found = findModel(id, caller, deps);
    if (!found) throw new ApiError('not_found', `There is no model ${id.slice(0, 200)}.`, { param: 'model' });
    return toModel(found);
  };

  app.route({
    method: 'GET',
    url: '/models',
    schema: {
      operationId: 'listModels',
      summary: 'List what `model` may be',
      description: 'Routes, targets and plain model names that the key may use, in this order.',
      tags: ['openai'],
      response: {
        200: jsonResponse(
          'All of them.',
          z.object({ object: z.literal('list'), data: z.array(modelSchema) }),
        ),
        ...errorResponses(),
      },
    },
    handler: async (request) => ({
      object: 'list' as const,
      data: listModels(request.caller, deps).map(toModel),
    }),
  });

  app.route({
    method: 'GET',
    url: '/models/:id',
    schema: {
      operationId: 'getModel',
      summary: 'Read a model',
      tags: ['openai'],
      params: idParamsSchema,
      response: { 200: jsonResponse('The model.', modelSchema), ...errorResponses('not_found') },
    },
    handler: async (request) => find(request.params.id, request.caller),
  });

  // A target's slash may come as it is.
  app.route({
    method: 'GET',
    url: '/models/:provider/*',
    schema: { hide: true, params: z.object({ provider: z.string(), '*': z.string() }) },
    handler: async (request) => find(`${request.params.provider}/${request.params['*']}`, request.caller),
  });
}

function toModel({ id, ownedBy }: ListedModel): Model {
  return { id, object: 'model', created: CREATED, owned_by: ownedBy };
}
