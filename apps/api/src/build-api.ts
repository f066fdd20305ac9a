import Fastify, { LogController, type FastifyBaseLogger, type FastifyReply } from 'fastify';
import { addAccessControl } from './add-access-control.ts';
import { addAuditLog } from './add-audit-log.ts';
import { addBullBoard } from './add-bull-board.ts';
import { addBodyTimeout } from './add-body-timeout.ts';
import { addContinue } from './add-continue.ts';
import { addErrorHandler } from './add-error-handler.ts';
import { addHandlerTimeout } from './add-handler-timeout.ts';
import { addJsonParser } from './add-json-parser.ts';
import { addKeyLimits } from './add-key-limits.ts';
import { addOpenApi } from './add-openapi.ts';
import { addQueryControl } from './add-query-control.ts';
import { addRequestObservers } from './add-request-observers.ts';
import type { ApiDeps } from './api-deps.ts';
import type { ApiServer } from './api-server.ts';
import { createAuthenticate } from './authenticate.ts';
import { createClientErrorHandler } from './client-error-handler.ts';
import { closeIdleConnections } from './close-idle-connections.ts';
import { compileValidator } from './compile-validator.ts';
import { createHttpServer } from './create-http-server.ts';
import { createEventStreams } from './event-streams.ts';
import { addSecurityHeaders } from './add-security-headers.ts';
import { createFailureLimiter } from './failure-limiter.ts';
import { requestId } from './request-id.ts';
import { addAuditLogRoute } from './routes/audit-log.ts';
import { addBudgetRoutes } from './routes/budgets.ts';
import { addBatchRoutes } from './routes/batches.ts';
import { addChangeJobRoutes } from './routes/change-jobs.ts';
import { addChatCompletionsRoute } from './routes/chat-completions.ts';
import { addErrorDocsRoute } from './routes/error-docs.ts';
import { addExplainRoute } from './routes/explain-route.ts';
import { addFileRoutes } from './routes/files.ts';
import { addJobEventsRoute } from './routes/job-events.ts';
import { addKeyRoutes } from './routes/keys.ts';
import { addMessageBatchRoutes } from './routes/message-batches.ts';
import { addModelRoutes } from './routes/models.ts';
import { addOperationsRoutes } from './routes/operations.ts';
import { addProviderRoutes } from './routes/providers.ts';
import { addQueueRoutes } from './routes/queues.ts';
import { addReadJobRoutes } from './routes/read-jobs.ts';
import { addReadResponsesRoutes } from './routes/read-responses.ts';
import { addResponsesRoute } from './routes/responses.ts';
import { addRetryJobRoute } from './routes/retry-job.ts';
import { addSubmitJobRoute } from './routes/submit-job.ts';
import { addWebhookDeliveryRoutes } from './routes/webhook-deliveries.ts';
import { addWebhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { addWebhookEventsRoute } from './routes/webhook-events.ts';
import { addWebhookSecretRoute } from './routes/webhook-secret.ts';
import { createSynchronousCalls } from './synchronous-calls.ts';
import type { TenantStores } from './tenant-handles.ts';
import { toApiError } from './to-api-error.ts';
import { toErrorBody } from './to-error-body.ts';

/** The HTTP API, not listening yet. The caller owns it: `close()` ends its streams and open requests. */
export async function buildApi({ stores, ...deps }: ApiDeps & { stores: TenantStores }): Promise<ApiServer> {
  const { limits } = deps;
  const { http } = deps.config();
  const streams = createEventStreams({
    maxStreams: limits.maxStreams,
    quotas: deps.quotas,
    onCount: deps.metrics.openStreams,
  });
  const calls = createSynchronousCalls();
  const app: ApiServer = Fastify({
    loggerInstance: deps.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestId,
    bodyLimit: limits.maxBodyBytes,
    trustProxy: http.trust_proxy,
    serverFactory: (handler) => createHttpServer(limits, http, handler),
    // While it closes, the server finishes what arrives: its own 503 does not have the contract's shape.
    return503OnClosing: false,
    clientErrorHandler: createClientErrorHandler(deps),
    frameworkErrors: (error, request, reply) => {
      const apiError = toApiError(error);
      const body = toErrorBody(apiError, { requestId: request.id, baseUrl: deps.baseUrl() });
      void (reply as FastifyReply).code(apiError.status).header('x-request-id', request.id).send(body);
    },
    routerOptions: { maxParamLength: 200 },
  });

  app.decorateRequest('caller');
  app.decorateRequest('bodyHash', '');
  app.setValidatorCompiler(compileValidator);
  // Answers are ours and checked by tests; validating each again would turn a stored job of another release into a 500.
  app.setSerializerCompiler(() => JSON.stringify);
  await addSecurityHeaders(app, http);
  const failures = await createFailureLimiter(app, limits);
  // First, so that what the others refuse carries its request id too.
  addRequestObservers(app, deps);
  addErrorHandler(app, { ...deps, failures });
  addQueryControl(app);
  addContinue(app);
  addJsonParser(app, limits);
  addBodyTimeout(app, deps);
  addHandlerTimeout(app, limits);
  app.addHook('preClose', async () => {
    streams.close();
    closeIdleConnections(app.server);
    await calls.close(limits.closeGraceMs);
  });

  await addOpenApi(app, deps);
  addErrorDocsRoute(app);
  addOperationsRoutes(app, deps);
  const authenticate = createAuthenticate({ ...deps, failures, stores });
  await addBullBoard(app, { ...deps, authenticate });
  await app.register(
    async (v1: ApiServer) => {
      v1.addHook('onRequest', authenticate);
      addAccessControl(v1);
      addKeyLimits(v1, deps);
      addAuditLog(v1, deps);
      addSubmitJobRoute(v1, { ...deps, closing: streams.closing });
      addReadJobRoutes(v1, { ...deps, closing: streams.closing });
      addChangeJobRoutes(v1, deps);
      addRetryJobRoute(v1, deps);
      addExplainRoute(v1, deps);
      addJobEventsRoute(v1, { ...deps, streams });
      addChatCompletionsRoute(v1, { ...deps, streams, calls });
      addResponsesRoute(v1, { ...deps, streams, calls });
      addReadResponsesRoutes(v1, { ...deps, streams, calls });
      await addFileRoutes(v1, deps);
      await addBatchRoutes(v1, { ...deps, streams });
      await addMessageBatchRoutes(v1, deps);
      addModelRoutes(v1, deps);
      addWebhookSecretRoute(v1);
      addWebhookEndpointRoutes(v1, deps);
      addWebhookDeliveryRoutes(v1, deps);
      addWebhookEventsRoute(v1, { ...deps, streams });
      addKeyRoutes(v1, deps);
      addAuditLogRoute(v1, deps);
      addBudgetRoutes(v1, deps);
      addProviderRoutes(v1, deps);
      addQueueRoutes(v1, deps);
    },
    { prefix: '/v1' },
  );
  await app.ready();
  return app;
}
