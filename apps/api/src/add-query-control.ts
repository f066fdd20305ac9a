import { ApiError } from '@sluice/contracts';
import type { z } from 'zod';
import type { ApiServer } from './api-server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Names of the query parameters that the route takes; absent: whatever it is sent. */
    queryNames?: readonly string[];
  }
}

/** What official clients send to paths that begin so, and what changes nothing here. It is taken out. */
const OF_CLIENTS: readonly { path: string; name: string }[] = [
  { path: '/v1/messages/', name: 'beta' },
  { path: '/v1/models', name: 'beta' },
];

/**
 * Query parameters that a route added from now on does not have in its schema are a 400 that names them, and the ones
 * that there are; a route without such a schema takes none. Holds for all that is documented or below `/v1`, before a
 * body is read and after the caller is known; pages and their assets take what they like.
 */
export function addQueryControl(app: ApiServer): void {
  app.addHook('onRoute', (route) => {
    if (route.schema?.hide && !route.url.startsWith('/v1/')) return;
    const schema = route.schema?.querystring as z.ZodObject | undefined;
    route.config = { ...route.config, queryNames: Object.keys(schema?.shape ?? {}) };
  });
  app.addHook('preParsing', async ({ query, routeOptions }) => {
    const { config, url = '' } = routeOptions;
    const { queryNames: known } = config;
    if (!known) return;
    const sent = query as Record<string, unknown>;
    for (const name of Object.keys(sent)) {
      if (known.includes(name)) continue;
      if (!OF_CLIENTS.some((of) => of.name === name && url.startsWith(of.path))) throw unknown(name, known);
      delete sent[name];
    }
  });
}

function unknown(name: string, known: readonly string[]): ApiError {
  const param = name.slice(0, 80);
  const list = known.length === 0 ? 'This path takes none' : `Known are ${known.join(', ')}`;
  return new ApiError('invalid_request', `${param} is not a known query parameter. ${list}.`, { param });
}
