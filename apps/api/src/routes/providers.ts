import {
  ApiError,
  keyPatchSchema,
  limitPatchSchema,
  providerStatusSchema,
  type Config,
  type ProviderStatus,
} from '@sluice/contracts';
import { configuredKeys, type LimitOverrides } from '@sluice/broker';
import { withLimitOverrides } from '@sluice/core';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { configuredTargets } from '../configured-targets.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { showKeyStates } from '../show-key-states.ts';
import { showProviderHealth } from '../show-provider-health.ts';
import { showProvider } from '../show-provider.ts';
import { addBreakerRoute } from './provider-breaker.ts';

const nameParamsSchema = z.object({ name: z.string().meta({ description: 'A provider of sluice.yaml.' }) });
const keyParamsSchema = nameParamsSchema.extend({
  key: z.string().meta({ description: 'The name of one of its keys.' }),
});
const providerListSchema = z.object({ object: z.literal('list'), data: z.array(providerStatusSchema) });

const TAKEN_OUT = {
  fingerprint: '',
  pauseMs: null,
  reason: 'manual',
  message: 'It was taken out of use through the API.',
} as const;

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

  app.route({
    method: 'POST',
    url: '/providers/:name/keys/:key',
    schema: {
      operationId: 'setProviderKeyState',
      summary: 'Take a key out of use, or back',
      description:
        'A key that its provider refused (401, 402, 403) is `retired` for all processes until its pause is over, ' +
        'its value is another, or it is set to `active`. One that is set to `retired` here stays so until then.',
      tags,
      params: keyParamsSchema,
      body: keyPatchSchema,
      response: {
        200: jsonResponse('The provider with the states of its keys.', providerStatusSchema),
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
      const { key } = request.params;
      const provider = deps.config().providers[name];
      const keys = provider && (provider.api_keys || provider.api_key) ? configuredKeys(name, provider) : [];
      if (!keys.some((each) => each.name === key)) {
        throw new ApiError('not_found', `The provider "${name}" has no key "${key}".`, { param: 'key' });
      }
      if (request.body.state === 'active') await deps.operations.activateKey(name, key);
      else await deps.operations.retireKey(name, { name: key, ...TAKEN_OUT });
      return readProvider(name, await deps.operations.limitOverrides());
    },
  });
  addBreakerRoute(app, deps);

  async function readProvider(name: string, overrides: LimitOverrides): Promise<ProviderStatus> {
    const config = deps.config();
    const provider = withLimitOverrides(config, overrides).providers[name];
    if (!provider) throw notFound(name);
    const [state, retired] = await Promise.all([
      deps.operations.providerState(name),
      deps.operations.retiredKeys(name),
    ]);
    const { limiter, nowMs } = state;
    return showProvider(name, {
      provider,
      state,
      keyStates: showKeyStates(name, { provider, retired, limiter, nowMs }),
      health: await showProviderHealth(name, deps),
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
