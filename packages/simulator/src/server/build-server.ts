import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { batchApiFor } from '../batch/batch-api-for.ts';
import { controlError } from '../control/control-error.ts';
import { registerControlRoutes } from '../control/control-routes.ts';
import type { SimulatorControl } from '../control/simulator-control.ts';
import type { Exchange } from './call-session.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import { resolveAccount, type ResolvedPath } from './resolve-account.ts';
import { serveBatchCall } from './serve-batch-call.ts';
import { serveCall } from './serve-call.ts';
import type { SimulatorState } from './simulator-state.ts';

/** As the strictest vendor: 32 MB. */
const MAX_BODY_BYTES = 32 * 1_024 * 1_024;

function decodePath(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

/** One server for all accounts and the control routes; listens nowhere yet. */
export function buildServer(state: SimulatorState, control: SimulatorControl): FastifyInstance {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true, exposeHeadRoutes: false });
  const arrivals = new WeakMap<FastifyRequest, number>();
  const exchangeOf = (
    request: FastifyRequest,
    reply: FastifyReply,
    { resolved, url }: { resolved: ResolvedPath; url: URL },
  ): Exchange => ({
    ...resolved,
    method: request.method,
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
    request: request.raw,
    response: reply.raw,
    atMs: arrivals.get(request) ?? monotonicNowMs(),
  });
  // Bodies stay bytes: a vendor answers broken JSON in its own words, and the record keeps what was sent.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    arrivals.set(request, monotonicNowMs());
    // Here, before the body is read: files are larger than the memory that a call may have.
    const url = new URL(request.raw.url ?? '/', 'http://simulator.invalid');
    const resolved = resolveAccount(state.accounts, decodePath(url.pathname));
    const api = resolved && batchApiFor(resolved.account.vendor);
    const endpoint = api && api.endpoint(request.method, resolved.path);
    if (!endpoint) return;
    reply.hijack();
    const prefix = url.pathname.startsWith(`/${resolved.account.name}/`) ? `/${resolved.account.name}` : '';
    const base = `http://${request.headers.host ?? request.hostname}`;
    await serveBatchCall(state, exchangeOf(request, reply, { resolved, url }), {
      api,
      endpoint,
      baseUrl: state.dedicated.has(request.raw) ? base : base + prefix,
    });
  });

  registerControlRoutes(app, control);
  app.all('/*', async (request, reply) => {
    const url = new URL(request.raw.url ?? '/', 'http://simulator.invalid');
    const resolved = resolveAccount(state.accounts, decodePath(url.pathname));
    if (!resolved) {
      const names = Array.from(state.accounts.keys(), (name) => `/${name}`).join(', ');
      const message = `Nothing is simulated at ${request.method} ${url.pathname}. Accounts: ${names}.`;
      return reply.code(404).send({ error: { message, code: 'not_found' } });
    }
    reply.hijack();
    await serveCall(state, exchangeOf(request, reply, { resolved, url }));
    return reply;
  });

  app.setErrorHandler(async (error, request, reply) => {
    const { pathname } = new URL(request.raw.url ?? '/', 'http://simulator.invalid');
    const resolved = resolveAccount(state.accounts, pathname);
    if (resolved && (error as { statusCode?: number }).statusCode === 413) {
      const { wire } = resolved.account;
      const { headers } = request;
      const context = {
        headers,
        model: null,
        maxInputTokens: 0,
        maxOutputTokens: 0,
        nowMs: monotonicNowMs(),
      };
      const answer = wire.error('body_too_large', { ...context, requestId: wire.newRequestId() });
      return reply.code(answer.status).headers(answer.headers).send(answer.body);
    }
    const known = controlError(error);
    if (known) return reply.code(400).send(known);
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return reply
      .code(500)
      .send({ error: { message: `Defect of the simulator: ${message}`, code: 'defect' } });
  });
  return app;
}
