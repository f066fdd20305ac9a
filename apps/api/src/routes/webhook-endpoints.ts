import { randomBytes } from 'node:crypto';
import {
  ApiError,
  createdWebhookEndpointSchema,
  durationSchema,
  newWebhookEndpointSchema,
  parseDurationMs,
  webhookDeliverySchema,
  webhookEndpointChangesSchema,
  webhookEndpointSchema,
  webhookRecoverySchema,
} from '@sluice/contracts';
import { showEndpoint, type EndpointWithSecrets } from '@sluice/webhooks';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { createRenderAgain } from '../create-render-again.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { deletedSchema, idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';
import { showDelivery } from '../show-delivery.ts';
import { toPage } from '../to-page.ts';
import { toEndpointSettings } from '../to-endpoint-settings.ts';

const rotationSchema = z
  .strictObject({
    overlap: durationSchema
      .optional()
      .meta({ description: 'How long the old secret signs too; as configured, 24h.' }),
  })
  .nullish();
const MAX_OVERLAP_MS = 30 * 86_400_000;
/** Deliveries that one call of `recover` looks at. */
const RECOVER_LIMIT = 500;

/** `/v1/webhook_endpoints`: the caller's tenant's own; another's are not there. */
export function addWebhookEndpointRoutes(app: ApiServer, deps: ApiDeps): void {
  const { config } = deps;
  const tags = ['webhooks'];
  const errors = errorResponses('not_allowed', 'not_found');
  const show = (endpoint: EndpointWithSecrets) =>
    showEndpoint(endpoint, { usualConcurrency: config().webhooks.concurrency });
  /** The private key of ed25519 stays here: receivers need the public one. */
  const showWithSecret = (endpoint: EndpointWithSecrets) => ({
    ...show(endpoint),
    secret: endpoint.signature === 'v1' ? (endpoint.secrets[0]?.secret ?? null) : null,
  });
  const checkUrl = (url: string | undefined): void => {
    const refusal = url === undefined ? null : deps.refuseWebhookUrl(url);
    if (refusal === null) return;
    throw new ApiError('invalid_webhook_url', `This webhook URL is refused: ${refusal}`, { param: 'url' });
  };

  app.route({
    method: 'POST',
    url: '/webhook_endpoints',
    schema: {
      operationId: 'createWebhookEndpoint',
      summary: 'Make a webhook endpoint',
      description: 'It gets the events that it names of all jobs and batches of the tenant, within a second.',
      tags,
      body: newWebhookEndpointSchema,
      response: {
        201: jsonResponse('The endpoint, with its secret, shown once.', createdWebhookEndpointSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'invalid_webhook_url',
          'not_allowed',
          'too_many_endpoints',
        ),
      },
    },
    handler: async (request, reply) => {
      checkUrl(request.body.url);
      const { signature, ...settings } = request.body;
      const outcome = await request.caller.webhooks.endpoints.create({
        ...NOTHING_SET,
        ...toEndpointSettings(settings),
        signature,
      });
      if (outcome.status === 'too_many') {
        throw new ApiError('too_many_endpoints', `A tenant may have ${outcome.max} webhook endpoints.`);
      }
      return reply.code(201).send(showWithSecret(outcome.endpoint));
    },
  });

  app.route({
    method: 'GET',
    url: '/webhook_endpoints',
    schema: {
      operationId: 'listWebhookEndpoints',
      summary: 'List webhook endpoints',
      tags,
      querystring: pageQuerySchema,
      response: {
        200: jsonResponse('A page of endpoints, newest first.', listSchema(webhookEndpointSchema)),
        ...errorResponses('invalid_request', 'invalid_cursor', 'not_allowed'),
      },
    },
    handler: async (request) => {
      const page = await request.caller.webhooks.endpoints.list(request.query);
      if (!page) throw new ApiError('invalid_cursor', 'after names no endpoint.', { param: 'after' });
      return toPage(page.endpoints.map(show), page.hasMore);
    },
  });

  app.route({
    method: 'GET',
    url: '/webhook_endpoints/:id',
    schema: {
      operationId: 'getWebhookEndpoint',
      summary: 'Read a webhook endpoint',
      tags,
      params: idParamsSchema,
      response: { 200: jsonResponse('The endpoint, without its secret.', webhookEndpointSchema), ...errors },
    },
    handler: async ({ caller, params }) => show(found(await caller.webhooks.endpoints.get(params.id))),
  });

  app.route({
    method: 'PATCH',
    url: '/webhook_endpoints/:id',
    schema: {
      operationId: 'changeWebhookEndpoint',
      summary: 'Change a webhook endpoint',
      description: 'A field that is not sent stays. In force within a second, also for deliveries that wait.',
      tags,
      params: idParamsSchema,
      body: webhookEndpointChangesSchema,
      response: {
        200: jsonResponse('The endpoint as it is now.', webhookEndpointSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'invalid_webhook_url',
          'not_allowed',
          'not_found',
        ),
      },
    },
    handler: async ({ caller, params, body }) => {
      checkUrl(body.url);
      const endpoints = caller.webhooks.endpoints;
      const { disabled, ...changes } = body;
      const changed = found(await endpoints.change(params.id, toEndpointSettings(changes)));
      return show(disabled ? found(await endpoints.disable(params.id)) : changed);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/webhook_endpoints/:id',
    schema: {
      operationId: 'deleteWebhookEndpoint',
      summary: 'Delete a webhook endpoint',
      description: 'What waits for it is given up.',
      tags,
      params: idParamsSchema,
      response: { 200: jsonResponse('It is gone.', deletedSchema), ...errors },
    },
    handler: async ({ caller, params }) => {
      if (!(await caller.webhooks.endpoints.remove(params.id))) throw endpointNotFound();
      return { id: params.id, object: 'webhook_endpoint', deleted: true as const };
    },
  });

  app.route({
    method: 'POST',
    url: '/webhook_endpoints/:id/enable',
    schema: {
      operationId: 'enableWebhookEndpoint',
      summary: 'Enable a webhook endpoint again',
      description: 'What failed meanwhile is not sent by itself: see `/recover`.',
      tags,
      params: idParamsSchema,
      response: { 200: jsonResponse('The endpoint.', webhookEndpointSchema), ...errors },
    },
    handler: async ({ caller, params }) => show(found(await caller.webhooks.endpoints.enable(params.id))),
  });

  app.route({
    method: 'POST',
    url: '/webhook_endpoints/:id/rotate_secret',
    schema: {
      operationId: 'rotateWebhookSecret',
      summary: 'Give a webhook endpoint a new secret',
      description: 'Until `previous_secret_until` every delivery carries a signature of the old one too.',
      tags,
      params: idParamsSchema,
      body: rotationSchema,
      response: {
        200: jsonResponse('The endpoint, with its new secret, shown once.', createdWebhookEndpointSchema),
        ...errorResponses('invalid_json', 'invalid_request', 'not_allowed', 'not_found'),
      },
    },
    handler: async ({ caller, params, body }) => {
      const overlapMs =
        body?.overlap === undefined
          ? config().webhooks.rotation_overlap
          : (parseDurationMs(body.overlap) as number);
      if (overlapMs > MAX_OVERLAP_MS) {
        throw new ApiError('invalid_request', 'overlap must be 30d at most.', { param: 'overlap' });
      }
      return showWithSecret(found(await caller.webhooks.endpoints.rotate(params.id, { overlapMs })));
    },
  });

  app.route({
    method: 'POST',
    url: '/webhook_endpoints/:id/ping',
    schema: {
      operationId: 'pingWebhookEndpoint',
      summary: 'Send a webhook endpoint an event `ping`',
      description: 'Also to one that is disabled. `data` is the endpoint.',
      tags,
      params: idParamsSchema,
      response: { 202: jsonResponse('The delivery, queued.', webhookDeliverySchema), ...errors },
    },
    handler: async ({ caller, params }, reply) => {
      const endpoint = found(await caller.webhooks.endpoints.get(params.id));
      const [id = ''] = await caller.webhooks.publish({
        type: 'ping',
        eventId: `evt_${randomBytes(16).toString('hex')}`,
        subject: show(endpoint),
        atMs: Date.now(),
        only: endpoint,
      });
      const delivery = await caller.webhooks.deliveries.get(id);
      if (!delivery) throw endpointNotFound();
      return reply.code(202).send(showDelivery(delivery));
    },
  });

  app.route({
    method: 'POST',
    url: '/webhook_endpoints/:id/recover',
    schema: {
      operationId: 'recoverWebhookEndpoint',
      summary: 'Send what failed since a time again',
      description: `Oldest first. One call looks at ${RECOVER_LIMIT} deliveries: while \`has_more\`, call again with \`after\` = \`next_after\`.`,
      tags,
      params: idParamsSchema,
      querystring: z.strictObject({
        since: z.iso
          .datetime({ offset: true })
          .optional()
          .meta({ description: 'Of events since then. Default: all that is kept.' }),
        after: z.string().max(64).optional().meta({ description: 'Where the call before has ended.' }),
      }),
      response: {
        200: jsonResponse('What was queued again.', webhookRecoverySchema),
        ...errorResponses(
          'invalid_request',
          'invalid_cursor',
          'not_allowed',
          'not_found',
          'endpoint_disabled',
        ),
      },
    },
    handler: async ({ caller, params, query }) => {
      const endpoint = found(await caller.webhooks.endpoints.get(params.id));
      if (endpoint.disabled) {
        throw new ApiError('endpoint_disabled', 'The endpoint is disabled: what is sent again would fail.');
      }
      const report = await caller.webhooks.deliveries.recover(params.id, {
        sinceMs: query.since === undefined ? 0 : Date.parse(query.since),
        limit: RECOVER_LIMIT,
        after: query.after,
        renderAgain: createRenderAgain(deps, caller),
      });
      if (!report) throw new ApiError('invalid_cursor', 'after names no delivery.', { param: 'after' });
      const { recovered, skipped, next } = report;
      return {
        object: 'webhook_recovery' as const,
        endpoint: params.id,
        recovered,
        skipped,
        has_more: next !== null,
        next_after: next,
      };
    },
  });
}

const NOTHING_SET = {
  url: '',
  description: '',
  events: [],
  headers: {},
  ratePerSecond: null,
  concurrency: null,
  thin: false,
  coalesceBatches: false,
};

function found(endpoint: EndpointWithSecrets | null): EndpointWithSecrets {
  if (!endpoint) throw endpointNotFound();
  return endpoint;
}

function endpointNotFound(): ApiError {
  return new ApiError('not_found', 'There is no such webhook endpoint.', { param: 'id' });
}
