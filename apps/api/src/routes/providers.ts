import {
  ApiError,
  limitPatchSchema,
  providerStatusSchema,
  type Config,
  type ProviderStatus,
} from '@sluice/contracts';
import type { LimitOverrides } from '@sluice/broker';
import { withLimitOverrides } from '@sluice/core';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { configuredTargets } from '../configured-targets.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { showProvider } from '../show-provider.ts';

const nameParamsSchema = z.object({ name: z.string().meta({ description: 'A provider of sluice.yaml.' }) });
const providerListSchema = z.object({ object: z.literal('list'), data: z.array(providerStatusSchema) });

/** `/v1/providers`; for keys with the scope `admin`. */
export function addProviderRoutes(app: ApiServer, deps: ApiDeps): void {
  const tags = ['providers'];

  app.route({
    method: 'GET',
    url: '/providers',
    schema: {
      operationId: 'listProviders',
      summary: 'Providers, their limits and who uses them',
      tags,
      response: {
        200: jsonResponse('Every provider of the configuration.', providerListSchema),
        ...errorResponses('not_allowed'),
      },
    },
    handler: async () => {
      const overrides = await deps.operations.limitOverrides();
      const names = Object.keys(deps.config().providers);
      const data = await Promise.all(names.map((name) => readProvider(name, overrides)));
      return { object: 'list' as const, data };
    },
  });

  app.route({
    method: 'GET',
    url: '/providers/:name',
    schema: {
      operationId: 'getProvider',
      summary: 'Read a provider',
      tags,
      params: nameParamsSchema,
      response: {
        200: jsonResponse('The provider.', providerStatusSchema),
        ...errorResponses('not_allowed', 'not_found'),
      },
    },
    handler: async (request) => {
      const name = known(request.params.name, deps.config());
      return readProvider(name, await deps.operations.limitOverrides());
    },
  });

  app.route({
    method: 'PATCH',
    url: '/providers/:name',
    schema: {
      operationId: 'updateProvider',
      summary: "Change a provider's limits",
      description:
        'They hold in every process within a second and until they are taken back with `null`, also after a ' +
        'restart and over a changed `sluice.yaml`.',
      tags,
      params: nameParamsSchema,
      body: limitPatchSchema,
      response: {
        200: jsonResponse('The provider with its new limits.', providerStatusSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'not_allowed',
          'not_found',
          'unsupported_media_type',
        ),
      },
    },
    handler: async (request) => {
      const name = known(request.params.name, deps.config());
      await deps.operations.patchLimits(name, request.body.limits);
      return readProvider(name, await deps.operations.limitOverrides());
    },
  });

  async function readProvider(name: string, overrides: LimitOverrides): Promise<ProviderStatus> {
    const config = deps.config();
    const provider = withLimitOverrides(config, overrides).providers[name];
    if (!provider) throw notFound(name);
    return showProvider(name, {
      provider,
      state: await deps.operations.providerState(name),
      override: overrides[name] ?? {},
      targets: configuredTargets(name, config),
    });
  }
}

function known(name: string, { providers }: Config): string {
  if (!Object.hasOwn(providers, name)) throw notFound(name);
  return name;
}

function notFound(name: string): ApiError {
  return new ApiError('not_found', `There is no provider "${name}".`, { param: 'name' });
}
