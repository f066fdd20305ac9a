import { ApiError } from '@sluice/contracts';
import { accessOf } from './access.ts';
import type { ApiServer } from './api-server.ts';
import { hasScope } from './has-scope.ts';

const PREFIX = '/v1';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a caller's key needs; set for every route under `/v1`. */
    access?: ReturnType<typeof accessOf>;
  }
}

/**
 * Every route added from now on needs the scope that `access.ts` names for it; a key with `admin` may do everything.
 * Comes after authentication.
 */
export function addAccessControl(app: ApiServer): void {
  app.addHook('onRoute', (route) => {
    const [method = 'GET'] = [route.method].flat();
    route.config = { ...route.config, access: accessOf({ method, path: route.url.slice(PREFIX.length) }) };
  });
  app.addHook('onRequest', async ({ caller, routeOptions }) => {
    const { access } = routeOptions.config;
    if (access === undefined || access === 'none') return;
    if (hasScope(caller, access)) return;
    throw new ApiError('not_allowed', `This path needs a key with the scope ${access}.`);
  });
}
