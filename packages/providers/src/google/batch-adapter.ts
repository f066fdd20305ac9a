import { z } from 'zod';
import type { BatchTimeouts } from '../batch/batch-timeouts.ts';
import { cancelBatch } from '../batch/cancel-batch.ts';
import { joinedLines } from '../batch/joined-lines.ts';
import type {
  BatchCallOutcome,
  ProviderBatch,
  ProviderBatchAdapter,
} from '../batch/provider-batch-adapter.ts';
import { readAnswer } from '../batch/read-answer.ts';
import { readResults } from '../batch/read-results.ts';
import { readingCall } from '../batch/reading-call.ts';
import { renderLine } from '../batch/render-line.ts';
import { runBatchCall, type BatchCaller, type BatchCallKind } from '../batch/run-batch-call.ts';
import type { CallMonitor } from '../call/call-monitor.ts';
import type { MediaSource } from '../media/media-source.ts';
import { createHttpPool } from '../transport/http-pool.ts';
import { readBatchAnswer } from './batch-answer.ts';
import { relatedFile } from './batch-file.ts';
import { fileLine, inlineRequest } from './batch-lines.ts';
import { readOperation, toProviderBatch } from './batch-operation.ts';
import { batchResults } from './batch-results.ts';
import { createGoogleRest } from './google-rest.ts';
import { isModelName, noSuchModel } from './model-name.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest } from './to-request.ts';

const VENDOR = 'google';
const NO_KEY = 'none';
const BATCH_NAME = /^batches\/[A-Za-z0-9_-]+$/;
const MAX_RESULT_BYTES = 4 * 1024 ** 3;
/** Small, as a batch in the list may come with its answers. */
const PAGE = 20;
const MAX_PAGES = 25;
const MAX_FOUND = 100;
const CLOCK_SLACK_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * Source: Gemini API, "Batch API": a file up to 2 GB, or less than 20 MB with the call; 24 h are aimed at, after 48 h
 * a batch expires. Ours: the number of lines, and that of the bytes inline, as inline answers have to fit in memory.
 */
const LIMITS = {
  maxLines: 100_000,
  maxBytes: 2 * 1024 ** 3 - 64 * 1024,
  inlineMaxBytes: 8 * 1024 * 1024,
  mixesModels: false,
  windowMs: 172_800_000,
} as const;

const fileSchema = z.object({ file: z.object({ name: z.string().min(1) }) });
const pageSchema = z.object({
  operations: z.array(z.unknown()).catch([]),
  nextPageToken: z.string().optional().catch(undefined),
});

/** Gemini's Batch API by its REST routes. Owns its connections. */
export function createGoogleBatchAdapter({
  apiKey,
  baseUrl,
  media,
  timeouts,
}: {
  apiKey: string | null;
  baseUrl: string;
  /** Owned: closed with the adapter. */
  media: MediaSource;
  timeouts: BatchTimeouts;
}): ProviderBatchAdapter {
  const pool = createHttpPool({ maxResponseBytes: MAX_RESULT_BYTES });
  const rest = createGoogleRest({ pool, apiKey: apiKey || NO_KEY, baseUrl });
  const caller: BatchCaller = {
    vendor: VENDOR,
    apiKey,
    timeouts,
    toBrokerError: (error, monitor) => toBrokerError(error, { vendor: VENDOR, monitor }),
  };
  const batchOf = (body: unknown): ProviderBatch => toProviderBatch(readOperation(body), VENDOR);

  async function retrieve({
    id,
    signal,
  }: {
    id: string;
    signal: AbortSignal;
  }): Promise<BatchCallOutcome<ProviderBatch>> {
    if (!BATCH_NAME.test(id)) return { status: 'missing' };
    return runBatchCall(
      caller,
      readingCall(signal, { namesBatch: true, isTransfer: true }),
      async (monitor) => batchOf(await rest.json({ method: 'GET', path: `/v1beta/${id}`, monitor })),
    );
  }

  async function askToCancel(id: string, signal: AbortSignal): Promise<BatchCallOutcome<ProviderBatch>> {
    if (!BATCH_NAME.test(id)) return { status: 'missing' };
    const kind: BatchCallKind = { effect: 'act', namesBatch: true, isTransfer: false, signal };
    const asked = await runBatchCall(caller, kind, (monitor) =>
      rest.json({ method: 'POST', path: `/v1beta/${id}:cancel`, headers: JSON_TYPE, body: '{}', monitor }),
    );
    if (asked.status !== 'ok') return asked;
    const seen = await retrieve({ id, signal });
    // The vendor has no state for it.
    return seen.status === 'ok' && seen.value.state === 'running'
      ? { status: 'ok', value: { ...seen.value, state: 'cancelling' } }
      : seen;
  }

  async function createWith(
    body: { body: ReadableStream<Uint8Array>; bytes: number },
    { model, monitor }: { model: string; monitor: CallMonitor },
  ): Promise<ProviderBatch> {
    return batchOf(
      await rest.json({
        method: 'POST',
        path: `/v1beta/${model.includes('/') ? model : `models/${model}`}:batchGenerateContent`,
        headers: { ...JSON_TYPE, 'content-length': String(body.bytes) },
        body: body.body,
        monitor,
      }),
    );
  }

  return {
    limits: LIMITS,
    render: (line) =>
      renderLine(line, {
        vendor: VENDOR,
        apiKey,
        toRequest: (call) => toRequest(call, media.reader({ vendor: VENDOR, signal: call.signal })),
        toLine: (body) => fileLine(line.customId, body),
      }),
    async upload({ run, lines, signal }) {
      const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
      if (bytes <= LIMITS.inlineMaxBytes) return { status: 'ok', value: null };
      return runBatchCall(caller, readingCall(signal, { isTransfer: true }), async (monitor) => {
        const { headers, body } = relatedFile(lines, { displayName: run });
        const path = '/upload/v1beta/files';
        const answer = await rest.json({ method: 'POST', path, headers, body, monitor });
        const parsed = fileSchema.safeParse(answer);
        if (!parsed.success) throw new SyntaxError('the answer is no file');
        return { fileId: parsed.data.file.name };
      });
    },
    async create({ run, model, fileId, lines, signal }) {
      if (!isModelName(model)) return { status: 'error', error: noSuchModel(model) };
      const name = `"display_name":${JSON.stringify(run)}`;
      const kind: BatchCallKind = { effect: 'act', namesBatch: false, isTransfer: true, signal };
      return runBatchCall(caller, kind, async (monitor) => {
        const body =
          fileId === null
            ? joinedLines(lines.map(inlineRequest), {
                head: `{"batch":{${name},"input_config":{"requests":{"requests":[`,
                between: ',',
                tail: ']}}}}',
              })
            : joinedLines([`{"batch":{${name},"input_config":{"file_name":${JSON.stringify(fileId)}}}}`], {
                head: '',
                between: '',
                tail: '',
              });
        return createWith(body, { model, monitor });
      });
    },
    find: ({ run, createdSinceMs, signal }) =>
      runBatchCall(caller, readingCall(signal, { isTransfer: true }), async (monitor) => {
        const found: ProviderBatch[] = [];
        let token = '';
        for (let page = 0; page < MAX_PAGES && found.length < MAX_FOUND; page += 1) {
          const path = `/v1beta/batches?pageSize=${PAGE}${token && `&pageToken=${encodeURIComponent(token)}`}`;
          const parsed = pageSchema.safeParse(await rest.json({ method: 'GET', path, monitor }));
          if (!parsed.success) throw new SyntaxError('the answer is no list of batches');
          const batches = parsed.data.operations.map(batchOf);
          found.push(
            ...batches.filter(
              (batch) => batch.run === run && batch.createdAtMs >= createdSinceMs - CLOCK_SLACK_MS,
            ),
          );
          if (!parsed.data.nextPageToken) break;
          token = parsed.data.nextPageToken;
        }
        return found.toSorted((a, b) => b.createdAtMs - a.createdAtMs).slice(0, MAX_FOUND);
      }),
    retrieve,
    results: (batch, { signal }) =>
      readResults(caller, signal, (monitor) =>
        batchResults(batch, { rest, monitor, idleMs: timeouts.idleMs }),
      ),
    read: ({ model, request }, answer) =>
      readAnswer(request, {
        vendor: VENDOR,
        apiKey,
        read: () => readBatchAnswer(answer, { vendor: VENDOR, model }),
      }),
    cancel: ({ id, signal }) =>
      cancelBatch(
        () => askToCancel(id, signal),
        () => retrieve({ id, signal }),
      ),
    async close() {
      await pool.close();
      await media.close();
    },
  };
}
