import { presentBatch } from '@sluice/broker';
import {
  ApiError,
  batchSchema,
  batchSubmissionSchema,
  fileBatchSchema,
  inlineBatchSchema,
  MAX_BATCH_LINES,
} from '@sluice/contracts';
import type { ApiDeps } from '../api-deps.ts';
import type { ApiServer } from '../api-server.ts';
import { batchOfInput } from '../batches/batch-of-input.ts';
import { createBatch, type BatchInput } from '../batches/create-batch.ts';
import { storeWithEndpoint } from '../batches/store-with-endpoint.ts';
import { storeInlineInput, type InlineInput, type InlineRequest } from '../batches/store-inline-input.ts';
import { isNdjson, streamedBody, takeStreamedBodies } from '../batches/take-streamed-bodies.ts';
import { errorResponses } from '../error-responses.ts';
import { hashBody } from '../hash-body.ts';
import { jsonResponse } from '../json-response.ts';
import { toValidationError } from '../to-validation-error.ts';

const DEFAULT_ENDPOINT = '/v1/chat/completions';

/** `POST /v1/batches`; needs a scope of its own, because bodies are streamed. */
export function addCreateBatchRoute(app: ApiServer, deps: ApiDeps): void {
  takeStreamedBodies(app);
  app.route({
    method: 'POST',
    url: '/batches',
    config: { handlerTimeoutMs: null, bodyTimeoutMs: deps.limits.uploadTimeoutMs },
    schema: {
      operationId: 'createBatch',
      summary: 'Create a batch',
      description:
        'With `input_file_id`, as OpenAI does, or with `requests`, which are streamed in: at most 50,000 and 200 MB. ' +
        'As `application/x-ndjson` the first line holds the options and each further one a request. Every line is ' +
        'checked before any is run (`validating`); one fault fails the batch, with `errors.data[].line`.',
      tags: ['batches'],
      consumes: ['application/json', 'application/x-ndjson'],
      body: batchSubmissionSchema,
      response: {
        200: jsonResponse('The batch.', batchSchema),
        ...errorResponses(
          'invalid_json',
          'invalid_request',
          'body_too_large',
          'body_too_deep',
          'unknown_route',
          'unknown_target',
          'not_allowed',
          'invalid_webhook_url',
          'not_found',
          'file_too_large',
          'storage_unavailable',
          'too_many_lines',
          'unsupported_media_type',
          'idempotency_key_reused',
          'redis_full',
        ),
      },
    },
    handler: async (request, reply) => {
      request.raw.socket.setTimeout(0);
      const stored = await storeInlineInput(
        streamedBody(request.body, deps.limits.maxStreamedBodyBytes),
        { isNdjson: isNdjson(request.headers['content-type']), toLine },
        request.caller.files,
      );
      const { input } = stored;
      const { batch, replayed } = input
        ? await fromRequests({ ...stored, input }, request, deps)
        : await fromFile(stored.options, request, deps);
      if (replayed) reply.header('idempotent-replayed', 'true');
      return presentBatch(batch, { baseUrl: deps.baseUrl() });
    },
  });
}

type Http = Parameters<typeof createBatch>[0];
type StoredInput = NonNullable<InlineInput['input']>;

/** Requests that came with the body. */
function fromRequests(
  { options: sent, head, input }: InlineInput & { input: StoredInput },
  http: Http,
  deps: ApiDeps,
): ReturnType<typeof createBatch> {
  const { files } = http.caller;
  return batchOfInput(input, files, async () => {
    const batchInput = inlineInput(sent, input.id);
    const make = ({ id, hash }: StoredInput) => {
      const bodyHash = hashBody({ sent, content: hash });
      return createBatch(http, { ...batchInput, inputFileId: id, bodyHash }, deps);
    };
    if (batchInput.endpoint === (head['endpoint'] ?? DEFAULT_ENDPOINT)) return make(input);
    const again = await storeWithEndpoint(input, batchInput.endpoint, files);
    return batchOfInput(again, files, () => make(again));
  });
}

/** Requests of a file that was uploaded. */
async function fromFile(
  sent: Record<string, unknown>,
  http: Http,
  deps: ApiDeps,
): ReturnType<typeof createBatch> {
  const batchInput = fileInput(sent);
  const file = await http.caller.files.get(batchInput.inputFileId);
  if (file && file.purpose !== 'batch') {
    const message = `The file's purpose is ${file.purpose}; it must be batch.`;
    throw new ApiError('invalid_request', message, { param: 'input_file_id' });
  }
  return createBatch(http, { ...batchInput, bodyHash: hashBody({ sent, content: null }) }, deps);
}

/** A request as a line in OpenAI's form. */
function toLine({ value, index }: InlineRequest, head: Readonly<Record<string, unknown>>): object {
  if (index >= MAX_BATCH_LINES) {
    throw new ApiError('too_many_lines', `The batch has more than ${MAX_BATCH_LINES} requests.`, {
      param: 'requests',
    });
  }
  const unknown = Object.keys(value).find((field) => field !== 'custom_id' && field !== 'body');
  if (unknown !== undefined) {
    const param = `requests.${index}.${unknown.slice(0, 80)}`;
    throw new ApiError('invalid_request', `${param} is not a known field.`, { param });
  }
  const { endpoint = DEFAULT_ENDPOINT } = head;
  return { custom_id: value['custom_id'], method: 'POST', url: endpoint, body: value['body'] };
}

function inlineInput(sent: Record<string, unknown>, inputFileId: string): Omit<BatchInput, 'bodyHash'> {
  if (sent['input_file_id'] !== undefined) {
    throw new ApiError('invalid_request', 'Send input_file_id or requests, not both.', {
      param: 'input_file_id',
    });
  }
  const parsed = inlineBatchSchema.safeParse(sent);
  if (!parsed.success) throw toValidationError(parsed.error, 'body');
  const { endpoint, ...options } = parsed.data;
  return { inputFileId, options, endpoint, dialect: 'openai' };
}

function fileInput(sent: Record<string, unknown>): Omit<BatchInput, 'bodyHash'> {
  if (sent['input_file_id'] === undefined) {
    throw new ApiError('invalid_request', 'input_file_id or requests is required.', {
      param: 'input_file_id',
    });
  }
  const parsed = fileBatchSchema.safeParse(sent);
  if (!parsed.success) throw toValidationError(parsed.error, 'body');
  const { endpoint, input_file_id: inputFileId, ...options } = parsed.data;
  return { inputFileId, options, endpoint, dialect: 'openai' };
}
