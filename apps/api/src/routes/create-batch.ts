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
import { createBatch, type BatchInput } from '../batches/create-batch.ts';
import { storeWithEndpoint } from '../batches/store-with-endpoint.ts';
import { storeInlineInput, type InlineRequest } from '../batches/store-inline-input.ts';
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
      const { files } = request.caller;
      const {
        options: sent,
        head,
        ...stored
      } = await storeInlineInput(
        streamedBody(request.body, deps.limits.maxStreamedBodyBytes),
        { isNdjson: isNdjson(request.headers['content-type']), toLine },
        files,
      );
      let { input } = stored;
      try {
        let batchInput = input ? inlineInput(sent, input.id) : fileInput(sent);
        if (input && batchInput.endpoint !== (head['endpoint'] ?? DEFAULT_ENDPOINT)) {
          input = await storeWithEndpoint(input, batchInput.endpoint, files);
          batchInput = { ...batchInput, inputFileId: input.id };
        }
        const bodyHash = hashBody({ sent, content: input?.hash ?? null });
        if (!input) {
          const file = await files.get(batchInput.inputFileId);
          if (file && file.purpose !== 'batch') {
            const message = `The file's purpose is ${file.purpose}; it must be batch.`;
            throw new ApiError('invalid_request', message, { param: 'input_file_id' });
          }
        } else {
          await files.add(input, { filename: `${input.id}.jsonl` });
        }
        const { batch, replayed } = await createBatch(request, { ...batchInput, bodyHash }, deps);
        if (replayed) reply.header('idempotent-replayed', 'true');
        if (input && batch.inputFileId !== input.id) await files.discard(input);
        return presentBatch(batch, { baseUrl: deps.baseUrl() });
      } catch (error) {
        // What became of it is not known when the store failed: a batch may be there that needs its input.
        if (input && error instanceof ApiError && error.status < 500) {
          await files.discard(input).catch(() => undefined);
        }
        throw error;
      }
    },
  });
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
