import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Broker } from '@sluice/broker';
import { ApiError, TIERS } from '@sluice/contracts';
import type { FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';

export const BULL_BOARD_PATH = '/queues';

/**
 * bull-board at `/queues`: the small BullMQ queues of what gets a permit next, to look at and not to change, because
 * their entries are tickets and a job's fate is decided by its record. For keys with the scope `admin`; a browser
 * sends one as the password of HTTP Basic, whatever the user name is.
 */
export async function addBullBoard(
  app: ApiServer,
  {
    config,
    ticketQueue,
    authenticate,
  }: Pick<ApiDeps, 'config' | 'ticketQueue'> & { authenticate: (request: FastifyRequest) => Promise<void> },
): Promise<void> {
  const server = new FastifyAdapter();
  server.setBasePath(BULL_BOARD_PATH);
  const board = createBullBoard({
    queues: [],
    serverAdapter: server,
    options: { uiConfig: { boardTitle: 'Sluice', hideRedisDetails: true } },
  });
  const adapters = new Map<ReturnType<Broker['queues']['open']>, BullMQAdapter>();
  const adapterFor = (queue: ReturnType<Broker['queues']['open']>): BullMQAdapter => {
    const adapter = adapters.get(queue) ?? new BullMQAdapter(queue, { readOnlyMode: true });
    adapters.set(queue, adapter);
    return adapter;
  };

  await app.register(
    async (scope: ApiServer) => {
      scope.addHook('onRoute', (route) => {
        route.errorHandler = app.errorHandler;
        route.schema = { ...route.schema, hide: true };
      });
      scope.addHook('onRequest', async (request) => {
        await authenticateBrowser(request, authenticate);
        if (!request.caller.scopes.includes('admin')) {
          throw new ApiError('not_allowed', 'This path needs a key with the scope admin.');
        }
        // Providers may have come with a reloaded configuration.
        const providers = Object.keys(config().providers).toSorted();
        board.replaceQueues(
          providers.flatMap((provider) => TIERS.map((tier) => adapterFor(ticketQueue(provider, tier)))),
        );
      });
      await scope.register(server.registerPlugin());
    },
    { prefix: BULL_BOARD_PATH },
  );
}

/** @throws ApiError as `authenticate`, with a challenge at which a browser asks for the key. */
async function authenticateBrowser(
  request: FastifyRequest,
  authenticate: (request: FastifyRequest) => Promise<void>,
): Promise<void> {
  const basic = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (basic !== undefined) {
    const userAndPassword = Buffer.from(basic, 'base64').toString();
    const key = userAndPassword.slice(userAndPassword.indexOf(':') + 1);
    request.headers.authorization = `Bearer ${key}`;
  }
  try {
    await authenticate(request);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    const headers = { 'www-authenticate': 'Basic realm="Sluice: an admin key as password", charset="UTF-8"' };
    throw new ApiError(error.code, error.message, { headers });
  }
}
