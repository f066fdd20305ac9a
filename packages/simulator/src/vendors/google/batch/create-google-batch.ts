import { rm } from 'node:fs/promises';
import type { BatchCall } from '../../../batch/batch-api.ts';
import { createBatch } from '../../../batch/create-batch.ts';
import { openLineWriter } from '../../../batch/line-writer.ts';
import { countQueuedTokens, type QueuedTokens } from '../../../batch/queued-tokens.ts';
import { readBody } from '../../../batch/read-body.ts';
import { readLines } from '../../../batch/read-lines.ts';
import type { PreparedLines } from '../../../batch/simulated-batch.ts';
import { monotonicNowMs } from '../../../server/monotonic-now-ms.ts';
import { isObject } from '../../is-object.ts';
import { randomText } from '../../random-text.ts';
import type { WireAnswer } from '../../vendor-wire.ts';
import { googleError } from '../google-error.ts';
import type { GoogleBatch, GoogleBatchFacts } from './google-batch-facts.ts';
import { googleBatchFormat } from './google-batch-format.ts';
import { newGoogleFileName, type GoogleFile } from './google-files.ts';
import { googleJson } from './google-json.ts';
import { googleOperation } from './google-operation.ts';
import { GoogleRefused } from './google-refused.ts';

const WINDOW_MS = 48 * 3_600_000;
const MAX_INLINE_BYTES = 20 * 1_024 * 1_024;

type Fields = Record<string, unknown>;

/** A field in either spelling. */
function field(object: Fields, camel: string): unknown {
  return object[camel] ?? object[camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

async function readCall({ body, context }: BatchCall): Promise<Fields> {
  const bytes = await readBody(body, MAX_INLINE_BYTES);
  if (!bytes) throw new GoogleRefused(googleError('body_too_large', context));
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString());
  } catch {
    throw new GoogleRefused(googleError('invalid_json', context));
  }
  const batch = isObject(parsed) ? parsed['batch'] : undefined;
  if (!isObject(batch)) throw new GoogleRefused('* BatchGenerateContentRequest.batch: batch is required.\n');
  return batch;
}

function inlineRequests(input: Fields): { key: string; request: unknown }[] | null {
  const requests = input['requests'];
  if (requests === undefined) return null;
  const list = isObject(requests) ? requests['requests'] : undefined;
  if (!Array.isArray(list)) throw new GoogleRefused("Invalid value at 'batch.input_config.requests'.");
  return list.map((item: unknown) => {
    const { request, metadata } = isObject(item) ? item : {};
    if (!isObject(request)) throw new GoogleRefused('* InlinedRequest.request: request is required.\n');
    const key = isObject(metadata) ? metadata['key'] : undefined;
    return { key: typeof key === 'string' ? key : '', request };
  });
}

interface GatheredLines {
  prepared: PreparedLines;
  /** Where the lines of the call itself were put; null for a file of the caller. */
  own: string | null;
}

async function gatherInline(
  { account }: BatchCall,
  requests: { key: string; request: unknown }[],
  { model, queued }: { model: string; queued: QueuedTokens },
): Promise<GatheredLines> {
  const { max_lines: maxLines = Infinity } = account.batch;
  if (requests.length === 0) throw new GoogleRefused('The batch has no requests.');
  if (requests.length > maxLines) {
    throw new GoogleRefused(`The batch has more than the ${maxLines} requests that are allowed.`);
  }
  const path = await account.batches.newPath();
  const writer = await openLineWriter(path);
  for (const { key, request } of requests) {
    queued.add({ customId: key, model, body: request });
    await writer.write(JSON.stringify({ key, request }));
  }
  await writer.end();
  const index = await readLines(path, () => undefined);
  return { prepared: { status: 'ok', path, index, model }, own: path };
}

/** What is wrong with a file is told by the batch, not by the call. */
async function gatherFile(
  { account }: BatchCall,
  { path }: GoogleFile,
  { model, queued }: { model: string; queued: QueuedTokens },
): Promise<GatheredLines> {
  const { max_lines: maxLines = Infinity } = account.batch;
  let wrong: string | null = null;
  let count = 0;
  const index = await readLines(path, (text, number) => {
    count += 1;
    const line = parse(text);
    if (!isObject(line) || !isObject(line['request'])) wrong = `Line ${number} of the file is no request.`;
    else queued.add({ customId: '', model, body: line['request'] });
    return wrong === null && count <= maxLines;
  });
  if (count === 0) wrong = 'The file has no requests.';
  if (count > maxLines) wrong = `The file has more than the ${maxLines} requests that are allowed.`;
  const prepared: PreparedLines =
    wrong === null
      ? { status: 'ok', path, index, model }
      : { status: 'failed', errors: [{ code: 'INVALID_ARGUMENT', message: wrong, param: null, line: null }] };
  return { prepared, own: null };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

export async function createGoogleBatch(call: BatchCall): Promise<WireAnswer> {
  const { account, state, headers, context, id: model } = call;
  const store = account.batches;
  const described = await readCall(call);
  const input = field(described, 'inputConfig');
  if (!isObject(input))
    throw new GoogleRefused('* GenerateContentBatch.input_config: input_config is required.\n');
  const queued = countQueuedTokens(account, context);
  const requests = inlineRequests(input);
  const fileName = field(input, 'fileName');
  const file = typeof fileName === 'string' ? (store.file(fileName) as GoogleFile | null) : null;
  if (!requests && !file) throw new GoogleRefused(googleError('unknown_path', context));
  const lines = requests
    ? await gatherInline(call, requests, { model, queued })
    : await gatherFile(call, file!, { model, queued });
  if (queued.broken()) {
    if (lines.own) await rm(lines.own, { force: true });
    throw new GoogleRefused(googleError('rate_limited', context));
  }
  const name = field(described, 'displayName');
  const batch: GoogleBatch = await createBatch<GoogleBatchFacts>(
    { account, state },
    {
      id: `batches/${randomText(36).toLowerCase()}`,
      windowMs: WINDOW_MS,
      facts: { displayName: typeof name === 'string' ? name : '', model, fileName: file?.id ?? null },
      format: googleBatchFormat({ model, inline: requests !== null }),
      total: lines.prepared.status === 'ok' ? lines.prepared.index.offsets.length : 0,
      queuedTokens: queued.tokens(),
      keepsOrder: true,
      headers,
      prepare: async () => lines.prepared,
      newResultFileId: newGoogleFileName,
      keepResults({ results: { output } }) {
        if (lines.own) void rm(lines.own, { force: true });
        if (!output || !file) return;
        const made: GoogleFile = {
          id: output.id,
          path: output.path,
          bytes: output.bytes,
          createdAtMs: monotonicNowMs(),
          facts: { displayName: '', mimeType: 'application/jsonl', source: 'GENERATED' },
        };
        store.addFile(made);
      },
    },
  );
  return googleJson(await googleOperation(batch));
}
