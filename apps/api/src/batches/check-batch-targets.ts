import { ApiError, parseTarget, type BatchOptionsInput } from '@sluice/contracts';
import { mayNameRoute, mayNameTargets } from '@sluice/core';
import type { ApiDeps } from '../api-deps.ts';
import type { Caller } from '../caller.ts';

/**
 * Whether the targets of a whole batch are there, and may be named by its key.
 * @throws ApiError `invalid_request`, `unknown_route`, `unknown_target`, `not_allowed`.
 */
export function checkBatchTargets(
  { route, chain }: Pick<BatchOptionsInput, 'route' | 'chain'>,
  { allow }: Pick<Caller, 'allow'>,
  { config }: Pick<ApiDeps, 'config'>,
): void {
  const { routes, providers } = config();
  if (route !== undefined && chain !== undefined) {
    throw new ApiError('invalid_request', 'Send route or chain, not both.', { param: 'chain' });
  }
  if (route !== undefined && !Object.hasOwn(routes, route)) {
    throw new ApiError('unknown_route', `There is no route "${route}".`, { param: 'route' });
  }
  if (route !== undefined && !mayNameRoute(route, allow)) {
    throw new ApiError('not_allowed', `The API key may not use route "${route}".`, { param: 'route' });
  }
  for (const [index, target] of (chain ?? []).entries()) {
    const param = `chain.${index}`;
    if (!Object.hasOwn(providers, parseTarget(target)?.provider ?? '')) {
      throw new ApiError('unknown_target', `There is no provider for "${target}".`, { param });
    }
    if (!mayNameTargets(allow)) {
      throw new ApiError('not_allowed', 'The API key is bound to routes.', { param });
    }
  }
}
