import { randomBytes } from 'node:crypto';
import type { BatchCall } from '../../../batch/batch-api.ts';
import { createBatch } from '../../../batch/create-batch.ts';
import { readBody } from '../../../batch/read-body.ts';
import type { ResultFile } from '../../../batch/simulated-batch.ts';
import { isObject } from '../../is-object.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { openaiErrorBody } from '../openai-error-body.ts';
import { openaiError } from '../openai-error.ts';
import { openaiRefuse } from '../openai-refuse.ts';
import { checkOpenaiLines } from './check-openai-lines.ts';
import type { OpenaiBatch, OpenaiBatchFacts } from './openai-batch-facts.ts';
import { openaiBatchFormat } from './openai-batch-format.ts';
import { openaiBatchObject } from './openai-batch-object.ts';
import { newOpenaiFileId, openaiFileEndMs, openaiFileOf, type OpenaiFile } from './openai-files.ts';
import { openaiJson } from './openai-json.ts';
import { openaiNoSuch } from './openai-no-such.ts';
import { openaiPage } from './openai-page.ts';

const WINDOW_MS = 86_400_000;
const MAX_BODY_BYTES = 1_024 * 1_024;
/** Of the vendor's, the one that the simulator's models answer. */
const ENDPOINT = '/v1/chat/completions';
const FIELDS = new Set([
  'input_file_id',
  'endpoint',
  'completion_window',
  'metadata',
  'output_expires_after',
]);

/** Null when the bytes are no JSON object. */
function parseBody(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function readMetadata(value: unknown): Record<string, string> | null {
  if (value === undefined || value === null) return null;
  if (!isObject(value)) return openaiRefuse("Invalid type for 'metadata': expected an object.", 'metadata');
  const entries = Object.entries(value);
  if (entries.length > 16) openaiRefuse("Invalid 'metadata': too many properties (maximum 16).", 'metadata');
  for (const [key, text] of entries) {
    if (key.length > 64 || typeof text !== 'string' || text.length > 512) {
      openaiRefuse(`Invalid 'metadata.${key}': expected a string of at most 512 characters.`, 'metadata');
    }
  }
  return value as Record<string, string>;
}

function readOutputLife(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const { anchor, seconds } = isObject(value) ? value : {};
  if (anchor !== 'created_at' || typeof seconds !== 'number' || seconds < 3_600 || seconds > 2_592_000) {
    openaiRefuse("Invalid value for 'output_expires_after'.", 'output_expires_after');
  }
  return seconds;
}

function readFacts(body: Record<string, unknown>): OpenaiBatchFacts {
  const extra = Object.keys(body).find((field) => !FIELDS.has(field));
  if (extra) openaiRefuse(`Unknown parameter: '${extra}'.`, extra, 'unknown_parameter');
  const { input_file_id: inputFileId, endpoint, completion_window: completionWindow } = body;
  for (const [param, value] of Object.entries({
    input_file_id: inputFileId,
    endpoint,
    completion_window: completionWindow,
  })) {
    if (typeof value === 'string') continue;
    openaiRefuse(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');
  }
  if (endpoint !== ENDPOINT) {
    const message = `Invalid value: '${String(endpoint)}'. Supported values are: '${ENDPOINT}'.`;
    openaiRefuse(message, 'endpoint', 'invalid_value');
  }
  if (completionWindow !== '24h') {
    const message = `Invalid value: '${String(completionWindow)}'. Supported values are: '24h'.`;
    openaiRefuse(message, 'completion_window', 'invalid_value');
  }
  return {
    inputFileId: String(inputFileId),
    endpoint: ENDPOINT,
    completionWindow,
    metadata: readMetadata(body['metadata']),
    outputLifeSeconds: readOutputLife(body['output_expires_after']),
  };
}

export async function createOpenaiBatch(call: BatchCall): Promise<WireAnswer> {
  const { account, state, headers, context } = call;
  const bytes = await readBody(call.body, MAX_BODY_BYTES);
  if (!bytes) return openaiError('body_too_large', context);
  const body = parseBody(bytes);
  if (!body) return openaiError('invalid_json', context);
  const facts = readFacts(body);
  const input = openaiFileOf(call, facts.inputFileId);
  if (!input) {
    openaiRefuse(
      `Invalid value: '${facts.inputFileId}'. No such File object.`,
      'input_file_id',
      'invalid_value',
    );
  }
  if (input.facts.purpose !== 'batch') {
    openaiRefuse("Invalid purpose of the input file: expected 'batch'.", 'input_file_id', 'invalid_value');
  }
  const store = account.batches;
  const batch: OpenaiBatch = await createBatch<OpenaiBatchFacts>(
    { account, state },
    {
      id: `batch_${randomBytes(16).toString('hex')}`,
      windowMs: WINDOW_MS,
      facts,
      format: openaiBatchFormat,
      total: 0,
      keepsOrder: false,
      headers,
      newResultFileId: newOpenaiFileId,
      async prepare(created) {
        const checked = await checkOpenaiLines(call, { path: input.path, endpoint: facts.endpoint });
        created.queuedTokens = checked.queuedTokens;
        return checked.prepared;
      },
      keepResults({ id, results }) {
        const keep = (result: ResultFile | null, kind: 'output' | 'error'): void => {
          if (!result) return;
          const createdAtMs = Date.now();
          const file: OpenaiFile = {
            id: result.id,
            path: result.path,
            bytes: result.bytes,
            createdAtMs,
            facts: {
              filename: `${id}_${kind}.jsonl`,
              purpose: 'batch_output',
              expiresAtMs: openaiFileEndMs(createdAtMs, facts.outputLifeSeconds ?? undefined),
            },
          };
          store.addFile(file);
        };
        keep(results.output, 'output');
        keep(results.error, 'error');
      },
    },
  );
  return openaiJson(openaiBatchObject(batch));
}

function batchOf({ account, id }: BatchCall): OpenaiBatch | null {
  return account.batches.batch(id) as OpenaiBatch | null;
}

export function listOpenaiBatches({ account, query }: BatchCall): WireAnswer {
  const batches = account.batches.batches() as OpenaiBatch[];
  return openaiPage(batches.map(openaiBatchObject), query, { limit: { usual: 20, most: 100 } });
}

export function readOpenaiBatch(call: BatchCall): WireAnswer {
  const batch = batchOf(call);
  return batch ? openaiJson(openaiBatchObject(batch)) : openaiNoSuch('batch', call.id);
}

/** A batch that has ended can't be cancelled; the words of that refusal are not verified at the vendor. */
export function cancelOpenaiBatch(call: BatchCall): WireAnswer {
  const batch = batchOf(call);
  if (!batch) return openaiNoSuch('batch', call.id);
  if (batch.endedAtMs !== null) {
    const { status } = openaiBatchObject(batch);
    const message = `Cannot cancel a batch with status '${status}'.`;
    return openaiErrorBody(409, { message, type: 'invalid_request_error' });
  }
  batch.cancel();
  return openaiJson(openaiBatchObject(batch));
}
