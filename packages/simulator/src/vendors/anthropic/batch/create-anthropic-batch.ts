import { rm } from 'node:fs/promises';
import type { BatchCall } from '../../../batch/batch-api.ts';
import { createBatch } from '../../../batch/create-batch.ts';
import { openLineWriter } from '../../../batch/line-writer.ts';
import { countQueuedTokens } from '../../../batch/queued-tokens.ts';
import { splitJsonArray } from '../../../batch/split-json-array.ts';
import { isObject } from '../../is-object.ts';
import { randomText } from '../../random-text.ts';
import { AnthropicInvalid } from '../anthropic-invalid.ts';
import { AnthropicRefused } from './anthropic-refused.ts';
import { anthropicBatchFormat } from './anthropic-batch-format.ts';
import { anthropicBatchObject } from './anthropic-batch-object.ts';

const WINDOW_MS = 86_400_000;
const MAX_BYTES = 256 * 1_024 * 1_024;
const MAX_REQUESTS = 100_000;
const CUSTOM_ID = /^[a-zA-Z0-9_-]{1,64}$/;

interface ReadRequests {
  path: string;
  offsets: number[];
  lengths: number[];
  queuedTokens: ReadonlyMap<string, number>;
}

function checkRequest(text: string, at: number): { custom_id: string; params: Record<string, unknown> } {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new AnthropicInvalid('The request body is not valid JSON: expected value at line 1 column 1');
  }
  if (!isObject(request)) throw new AnthropicInvalid(`requests.${at}: Input should be a valid dictionary`);
  const { custom_id: customId, params, ...others } = request;
  const [other] = Object.keys(others);
  if (other) throw new AnthropicInvalid(`requests.${at}.${other}: Extra inputs are not permitted`);
  if (customId === undefined) throw new AnthropicInvalid(`requests.${at}.custom_id: Field required`);
  if (typeof customId !== 'string' || !CUSTOM_ID.test(customId)) {
    throw new AnthropicInvalid(
      `requests.${at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`,
    );
  }
  if (params === undefined) throw new AnthropicInvalid(`requests.${at}.params: Field required`);
  if (!isObject(params)) {
    throw new AnthropicInvalid(`requests.${at}.params: Input should be a valid dictionary`);
  }
  return { custom_id: customId, params };
}

/** The requests to the disk, their form checked; what is in `params` is checked when they are run. */
async function readRequests(call: BatchCall, path: string): Promise<ReadRequests> {
  const { account, context, body } = call;
  const { max_lines: maxRequests = MAX_REQUESTS, max_bytes: maxBytes = MAX_BYTES } = account.batch;
  const writer = await openLineWriter(path);
  const seen = new Set<string>();
  const queued = countQueuedTokens(account, context);
  const offsets: number[] = [];
  const lengths: number[] = [];
  let offset = 0;
  let invalid: unknown = null;
  let count = 0;
  try {
    const outcome = await splitJsonArray(body, {
      field: 'requests',
      maxBytes,
      async onElement(text) {
        try {
          const { custom_id: customId, params } = checkRequest(text, count);
          if (seen.has(customId)) {
            throw new AnthropicInvalid(`requests: custom_id must be unique; "${customId}" is used twice`);
          }
          seen.add(customId);
          const { model } = params;
          queued.add({ customId, model: typeof model === 'string' ? model : null, body: params });
        } catch (error) {
          invalid = error;
          return false;
        }
        count += 1;
        const length = Buffer.byteLength(text);
        offsets.push(offset);
        lengths.push(length);
        offset += length + 1;
        if (count <= maxRequests) await writer.write(text);
        return true;
      },
    });
    if (invalid) throw invalid;
    if (outcome.status === 'too_large') throw new AnthropicRefused('body_too_large');
    if (outcome.status === 'ok') checkEnvelope(outcome.rest);
  } finally {
    await writer.end();
  }
  if (count === 0) {
    throw new AnthropicInvalid('requests: List should have at least 1 item after validation, not 0');
  }
  if (count > maxRequests) {
    throw new AnthropicInvalid(
      `requests: List should have at most ${maxRequests} items after validation, not ${count}`,
    );
  }
  if (queued.broken()) throw new AnthropicRefused('rate_limited');
  return { path, offsets, lengths, queuedTokens: queued.tokens() };
}

function checkEnvelope(text: string): void {
  let envelope: unknown;
  try {
    envelope = JSON.parse(text);
  } catch {
    throw new AnthropicRefused('invalid_json');
  }
  if (!isObject(envelope) || !('requests' in envelope)) {
    throw new AnthropicInvalid('requests: Field required');
  }
  const other = Object.keys(envelope).find((field) => field !== 'requests');
  if (other) throw new AnthropicInvalid(`${other}: Extra inputs are not permitted`);
}

/** How a full queue is refused is not verified at the vendor: here as any other limit. */
export async function createAnthropicBatch(call: BatchCall) {
  const { account, state, headers } = call;
  const path = await account.batches.newPath();
  let read: ReadRequests;
  try {
    read = await readRequests(call, path);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const { offsets, lengths, queuedTokens } = read;
  const batch = await createBatch<null>(
    { account, state },
    {
      id: `msgbatch_01${randomText(22)}`,
      windowMs: WINDOW_MS,
      facts: null,
      format: anthropicBatchFormat,
      total: offsets.length,
      queuedTokens,
      keepsOrder: false,
      headers,
      prepare: async () => ({ status: 'ok', path, index: { offsets, lengths }, model: null }),
      newResultFileId: () => `file_${randomText(22)}`,
      keepResults: () => void rm(path, { force: true }),
    },
  );
  return anthropicBatchObject(batch, call.baseUrl);
}
