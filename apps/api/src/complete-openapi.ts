import { STREAMED_BODY_DOCUMENTS } from './streamed-body-documents.ts';
import { webhookDocuments, webhookSchemas } from './webhook-documents.ts';

interface HeaderObject {
  description: string;
  schema: { type: 'string' };
}
interface ResponseObject {
  headers?: Record<string, HeaderObject>;
}
interface Operation {
  operationId?: string;
  requestBody?: { required?: boolean };
  responses?: Record<string, ResponseObject>;
}

const header = (description: string): HeaderObject => ({ description, schema: { type: 'string' } });

const REQUEST_ID = header("The request's id: the caller's own `x-request-id`, else a new one.");
const RETRY_AFTER = header('Seconds to wait before trying again.');

/** By operation and status. */
const OF_ANSWERS: Readonly<Record<string, Record<string, Record<string, HeaderObject>>>> = {
  submitJob: {
    '200': submitHeaders(),
    '202': submitHeaders(),
    '422': { 'x-should-retry': header('`false`: the same request will fail again.') },
  },
  retryJob: {
    '202': {
      location: header("The new job's URL."),
      'idempotent-replayed': header('`true` when the job existed.'),
    },
  },
};

function submitHeaders(): Record<string, HeaderObject> {
  return {
    location: header("The job's URL."),
    'idempotent-replayed': header('`true` when the Idempotency-Key and body were seen before.'),
    'preference-applied': header('`wait=N` as it was applied.'),
  };
}

/** A body may be sent to these, because some clients always do; it has to be empty. */
const BODY_OPTIONAL = new Set([
  'cancelJob',
  'retryJob',
  'cancelResponse',
  'cancelBatch',
  'retryBatch',
  'cancelMessageBatch',
]);

/**
 * Adds what the route schemas can't express to the OpenAPI document: the answers' headers, optional bodies,
 * the webhooks and the server's address. Changes and returns the document that it is given.
 */
export function completeOpenApi<Document extends object>(document: Document, baseUrl: string): Document {
  const { paths = {} } = document as { paths?: Record<string, Record<string, Operation>> };
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    const streamed = STREAMED_BODY_DOCUMENTS[operation.operationId ?? ''];
    if (streamed) operation.requestBody = streamed;
    if (operation.requestBody && BODY_OPTIONAL.has(operation.operationId ?? ''))
      operation.requestBody.required = false;
    for (const [status, response] of Object.entries(operation.responses ?? {})) {
      response.headers = {
        'x-request-id': REQUEST_ID,
        ...(status === '503' || status === '429' ? { 'retry-after': RETRY_AFTER } : {}),
        ...(status === '401' ? { 'www-authenticate': header('`Bearer`.') } : {}),
        ...OF_ANSWERS[operation.operationId ?? '']?.[status],
      };
    }
  }
  const { components = {} } = document as { components?: { schemas?: object } };
  return Object.assign(document, {
    servers: [{ url: baseUrl }],
    webhooks: webhookDocuments(),
    components: { ...components, schemas: { ...components.schemas, ...webhookSchemas() } },
  });
}
