import { ENDPOINT_EVENT_TYPES, thinJobSchema } from '@sluice/contracts';
import { z } from 'zod';

/** Version of the events' form; a field that is added does not raise it. */
const EVENT_VERSION = '1';

const SUBJECTS = { job: 'Job', batch: 'Batch', webhook_endpoint: 'WebhookEndpoint' } as const;

/** The `webhooks` of the OpenAPI document: what Sluice sends, by type of event. */
export function webhookDocuments(): Record<string, object> {
  const types = [...ENDPOINT_EVENT_TYPES, 'ping'];
  return Object.fromEntries(types.map((type) => [type, { post: document(type) }]));
}

/** Schemas that the documents refer to; those of jobs, batches and endpoints are the routes' own. */
export function webhookSchemas(): Record<string, object> {
  const thin = { $ref: '#/components/schemas/ThinEventData' };
  const whole = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
  const { $schema: _dialect, ...thinData } = z.toJSONSchema(thinJobSchema);
  return {
    ThinEventData: thinData,
    WebhookEventOfJob: envelope({ anyOf: [whole('Job'), thin] }),
    WebhookEventOfBatch: envelope({ anyOf: [whole('Batch'), thin] }),
    WebhookEventOfWebhookEndpoint: envelope(whole('WebhookEndpoint')),
  };
}

function document(type: string): object {
  const subject = type === 'ping' ? 'webhook_endpoint' : (type.split('.', 1)[0] as keyof typeof SUBJECTS);
  const name = SUBJECTS[subject];
  return {
    operationId: `webhook_${type.replace('.', '_')}`,
    summary: `Event \`${type}\``,
    description:
      'Signed after Standard Webhooks. At least once, in no order; `webhook-id` is the same at every try.',
    tags: ['webhooks'],
    'x-event-version': EVENT_VERSION,
    parameters: [
      header('webhook-id', "The event's id."),
      header('webhook-timestamp', 'Unix seconds of this try.'),
      header(
        'webhook-signature',
        '`v1,<base64>` or `v1a,<base64>`; several, separated by spaces, during a rotation.',
      ),
    ],
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { $ref: `#/components/schemas/WebhookEventOf${name}` } } },
    },
    responses: {
      '2XX': { description: 'Delivered.' },
      '410': { description: 'Nothing more is wanted: the endpoint is disabled.' },
    },
  };
}

function header(name: string, description: string): object {
  return { name, in: 'header', required: true, description, schema: { type: 'string' } };
}

function envelope(data: object): object {
  return {
    type: 'object',
    required: ['type', 'timestamp', 'object', 'id', 'created_at', 'data'],
    properties: {
      type: { type: 'string' },
      timestamp: { type: 'string', format: 'date-time' },
      object: { type: 'string', const: 'event' },
      id: { type: 'string' },
      created_at: { type: 'integer', description: 'Unix seconds.' },
      data,
    },
  };
}
