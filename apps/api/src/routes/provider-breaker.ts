import { modelsOf } from '@sluice/broker';
import { ApiError, LANES, parseTarget, setBreakerSchema, targetHealthSchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { showProviderHealth } from '../show-provider-health.ts';

const answerSchema = z.object({ object: z.literal('list'), data: z.array(targetHealthSchema) });

/** `POST /v1/providers/{name}/breaker`: breakers set by hand. */
export function addBreakerRoute(app: ApiServer, deps: ApiDeps): void {
  app.route({
    method: 'POST',
    url: '/providers/:name/breaker',
    schema: {
      operationId: 'setBreaker',
      summary: 'Open or close breakers by hand',
      description:
        'Holds in every process within a second, and until it is set to `auto`. After `open`, `auto` begins with a ' +
        'call that tests the model.',
      tags: ['providers'],
      params: z.object({ name: z.string().meta({ description: 'A provider of sluice.yaml.' }) }),
      body: setBreakerSchema,
      response: {
        200: jsonResponse('The models of the provider as they stand now.', answerSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'not_allowed',
          'not_found',
          'unsupported_media_type',
        ),
      },
    },
    handler: async ({ params: { name }, body }) => {
      if (!Object.hasOwn(deps.config().providers, name)) {
        throw new ApiError('not_found', `There is no provider "${name}".`, { param: 'name' });
      }
      const models = body.model === undefined ? await allModels(name) : [body.model];
      const lanes = body.lane === undefined ? LANES : [body.lane];
      const subjects = models.flatMap((model) => lanes.map((lane) => ({ model, lane })));
      await deps.operations.setBreakers(name, subjects, body.state);
      const { health } = await showProviderHealth(name, deps);
      return { object: 'list' as const, data: health };
    },
  });

  /** Those that routes, `models` or the catalogue name, and those that were called. */
  async function allModels(provider: string): Promise<string[]> {
    const { window: windowMs } = deps.config().breaker;
    const known = deps.knownTargets().flatMap((target) => {
      const parts = parseTarget(target);
      return parts?.provider === provider ? [parts.model] : [];
    });
    const called = modelsOf(await deps.operations.providerHealth(provider, { windowMs }));
    return [...new Set([...known, ...called])];
  }
}
