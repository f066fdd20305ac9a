import { ApiError, parseTarget } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
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
  const find = (id: string): Model => {
    const found = listModels(deps).find((model) => model.id === id);
    if (found) return found;
    // A target need not be listed to work: its provider may serve models that nobody has described.
    const provider = parseTarget(id)?.provider;
    if (provider !== undefined && Object.hasOwn(deps.config().providers, provider))
      return model(id, provider);
    throw new ApiError('not_found', `There is no model ${id.slice(0, 200)}.`, { param: 'model' });
  };

  app.route({
    method: 'GET',
    url: '/models',
    schema: {
      operationId: 'listModels',
      summary: 'List what `model` may be',
      description: 'Routes, targets and plain model names, in this order.',
      tags: ['openai'],
      response: {
        200: jsonResponse(
          'All of them.',
          z.object({ object: z.literal('list'), data: z.array(modelSchema) }),
        ),
        ...errorResponses(),
      },
    },
    handler: async () => ({ object: 'list' as const, data: listModels(deps) }),
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
    handler: async (request) => find(request.params.id),
  });

  // A target's slash may come as it is.
  app.route({
    method: 'GET',
    url: '/models/:provider/*',
    schema: { hide: true, params: z.object({ provider: z.string(), '*': z.string() }) },
    handler: async (request) => find(`${request.params.provider}/${request.params['*']}`),
  });
}

function listModels({ config, knownTargets }: Pick<ApiDeps, 'config' | 'knownTargets'>): Model[] {
  const targets = knownTargets();
  const plain = new Map<string, string>();
  for (const target of targets) {
    const { provider, model: name } = parseTarget(target) ?? { provider: '', model: '' };
    if (!plain.has(name)) plain.set(name, provider);
  }
  const models = [
    ...Object.keys(config().routes).map((route) => model(route, 'sluice')),
    ...targets.map((target) => model(target, parseTarget(target)?.provider ?? '')),
    ...Array.from(plain, ([name, provider]) => model(name, provider)),
  ];
  return [...new Map(models.toReversed().map((one) => [one.id, one])).values()].toReversed();
}

function model(id: string, ownedBy: string): Model {
  return { id, object: 'model', created: CREATED, owned_by: ownedBy };
}
