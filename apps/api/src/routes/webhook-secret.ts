import { z } from 'zod';
import type { ApiServer } from '../api-server.ts';
import { errorResponses } from '../error-responses.ts';
import { jsonResponse } from '../json-response.ts';

const webhookSecretAnswerSchema = z.object({ object: z.literal('webhook_secret'), secret: z.string() });

/** `GET /v1/webhook_secret`. */
export function addWebhookSecretRoute(app: ApiServer): void {
  app.route({
    method: 'GET',
    url: '/webhook_secret',
    schema: {
      operationId: 'getWebhookSecret',
      summary: "Read the key's webhook secret",
      description: 'Signs the webhooks of jobs submitted with this key that bring no secret of their own.',
      tags: ['webhooks'],
      response: {
        200: jsonResponse('The secret, `whsec_…`.', webhookSecretAnswerSchema),
        ...errorResponses(),
      },
    },
    handler: async (request) => ({
      object: 'webhook_secret' as const,
      secret: await request.caller.webhookSecret(),
    }),
  });
}
