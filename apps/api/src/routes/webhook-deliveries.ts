import { ApiError, DELIVERY_STATUSES, webhookDeliverySchema } from '@sluice/contracts';
import { z } from 'zod';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { createRenderAgain } from '../create-render-again.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';
import { idParamsSchema, listSchema, pageQuerySchema } from '../route-schemas.ts';
import { showDelivery } from '../show-delivery.ts';
import { toPage } from '../to-page.ts';

const querySchema = pageQuerySchema.extend({
  endpoint: z.string().max(64).optional().meta({ description: 'Id of a webhook endpoint.' }),
  job: z.string().max(64).optional().meta({ description: 'Id of a job or batch.' }),
  status: z.enum(DELIVERY_STATUSES).optional(),
});

/** `/v1/webhook_deliveries`: what became of every event, attempt by attempt. */
export function addWebhookDeliveryRoutes(app: ApiServer, deps: ApiDeps): void {
  const tags = ['webhooks'];

  app.route({
    method: 'GET',
    url: '/webhook_deliveries',
    schema: {
      operationId: 'listWebhookDeliveries',
      summary: 'List deliveries of webhooks',
      description: 'Kept for seven days after their end.',
      tags,
      querystring: querySchema,
      response: {
        200: jsonResponse('A page of deliveries, newest first.', listSchema(webhookDeliverySchema)),
        ...errorResponses('invalid_request', 'invalid_cursor', 'not_allowed'),
      },
    },
    handler: async ({ caller, query }) => {
      const page = await caller.webhooks.deliveries.list(query);
      if (!page) throw new ApiError('invalid_cursor', 'after names no delivery.', { param: 'after' });
      return toPage(page.deliveries.map(showDelivery), page.hasMore);
    },
  });

  app.route({
    method: 'GET',
    url: '/webhook_deliveries/:id',
    schema: {
      operationId: 'getWebhookDelivery',
      summary: 'Read a delivery of a webhook',
      tags,
      params: idParamsSchema,
      response: {
        200: jsonResponse('The delivery with all its attempts.', webhookDeliverySchema),
        ...errorResponses('not_allowed', 'not_found'),
      },
    },
    handler: async ({ caller, params }) => {
      const delivery = await caller.webhooks.deliveries.get(params.id);
      if (!delivery) throw deliveryNotFound();
      return showDelivery(delivery);
    },
  });

  app.route({
    method: 'POST',
    url: '/webhook_deliveries/:id/redeliver',
    schema: {
      operationId: 'redeliverWebhook',
      summary: 'Send an event to its receiver again',
      description:
        'At once, with the same event id; its schedule begins again. One that was delivered is made from the job as it is now.',
      tags,
      params: idParamsSchema,
      response: {
        202: jsonResponse('The delivery, queued.', webhookDeliverySchema),
        ...errorResponses('not_allowed', 'not_found', 'event_expired'),
      },
    },
    handler: async ({ caller, params }, reply) => {
      const outcome = await caller.webhooks.deliveries.redeliver(params.id, createRenderAgain(deps, caller));
      if (outcome.status === 'not_found') throw deliveryNotFound();
      if (outcome.status === 'no_body') {
        throw new ApiError('event_expired', 'What the event was about is gone.', { param: 'id' });
      }
      return reply.code(202).send(showDelivery(outcome.delivery));
    },
  });
}

function deliveryNotFound(): ApiError {
  return new ApiError('not_found', 'There is no such delivery.', { param: 'id' });
}
