import type { BatchTimeouts } from '../batch/batch-timeouts.ts';
import { cancelBatch } from '../batch/cancel-batch.ts';
import type { ProviderBatch, ProviderBatchAdapter } from '../batch/provider-batch-adapter.ts';
import { readAnswer } from '../batch/read-answer.ts';
import { readResults } from '../batch/read-results.ts';
import { readingCall } from '../batch/reading-call.ts';
import { renderLine } from '../batch/render-line.ts';
import { runBatchCall, type BatchCaller } from '../batch/run-batch-call.ts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { sdkOptions } from '../call/sdk-options.ts';
import type { MediaSource } from '../media/media-source.ts';
import { createHttpPool } from '../transport/http-pool.ts';
import { readBatchAnswer } from './batch-answer.ts';
import { fileOfLines } from './batch-file.ts';
import { toProviderBatch } from './batch-object.ts';
import { batchResults } from './batch-results.ts';
import { createClient } from './create-client.ts';
import { fetchFiles } from './fetch-files.ts';
import type { OpenAiProfile } from './openai-profile.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest } from './to-request.ts';

const ENDPOINT = '/v1/chat/completions';
/** Under which a batch carries the name of our run. */
const RUN_KEY = 'sluice_run';
const MAX_RESULT_BYTES = 4 * 1024 ** 3;
const PAGE = 100;
const MAX_PAGES = 20;
const MAX_FOUND = 100;
/** Clocks differ, and the vendor's times are whole seconds. */
const CLOCK_SLACK_MS = 60_000;

/** Source: OpenAI API reference, "Batch": 50,000 requests and 200 MB of one model within 24 h. */
const LIMITS = {
  maxLines: 50_000,
  maxBytes: 200 * 1024 * 1024,
  inlineMaxBytes: 0,
  mixesModels: false,
  windowMs: 86_400_000,
} as const;

/** OpenAI's Batch API with its Files. Owns its connections. */
export function createOpenAiBatchAdapter({
  profile,
  apiKey,
  baseUrl,
  media,
  timeouts,
}: {
  profile: OpenAiProfile;
  apiKey: string | null;
  baseUrl: string;
  /** Owned: closed with the adapter. */
  media: MediaSource;
  timeouts: BatchTimeouts;
}): ProviderBatchAdapter {
  const vendor = profile.kind;
  const pool = createHttpPool({ maxResponseBytes: MAX_RESULT_BYTES });
  const client = createClient({ apiKey, baseUrl, pool });
  const caller: BatchCaller = {
    vendor,
    apiKey,
    timeouts,
    toBrokerError: (error, monitor) => toBrokerError(error, { vendor, monitor }),
  };
  const options = (monitor: CallMonitor) => sdkOptions(monitor, pool);
  const batchOf = (body: unknown): ProviderBatch => toProviderBatch(body, { vendor, runKey: RUN_KEY });
  const retrieve: ProviderBatchAdapter['retrieve'] = ({ id, signal }) =>
    runBatchCall(caller, readingCall(signal, { namesBatch: true }), async (monitor) =>
      batchOf(await client.batches.retrieve(id, options(monitor))),
    );

  return {
    limits: LIMITS,
    render: (line) =>
      renderLine(line, {
        vendor,
        apiKey,
        toRequest: async (call) => {
          const files = await fetchFiles(call.request, () => media.reader({ vendor, signal: call.signal }));
          return toRequest(call, { profile, files });
        },
        toLine: (body) => ({ custom_id: line.customId, method: 'POST', url: ENDPOINT, body }),
      }),
    upload: ({ run, lines, signal }) =>
      runBatchCall(caller, readingCall(signal, { isTransfer: true }), async (monitor) => {
        const { contentType, body } = fileOfLines(lines, { filename: `${run}.jsonl` });
        const file = await client.post<{ id: string }>('/files', {
          ...options(monitor),
          body,
          headers: { 'content-type': contentType },
        });
        return { fileId: file.id };
      }),
    create: ({ run, fileId, signal }) =>
      runBatchCall(caller, { effect: 'act', namesBatch: false, isTransfer: false, signal }, async (monitor) =>
        batchOf(
          await client.batches.create(
            {
              input_file_id: fileId ?? '',
              endpoint: ENDPOINT,
              completion_window: '24h',
              metadata: { [RUN_KEY]: run },
            },
            options(monitor),
          ),
        ),
      ),
    find: ({ run, createdSinceMs, signal }) =>
      runBatchCall(caller, readingCall(signal), async (monitor) => {
        const found: ProviderBatch[] = [];
        let page = await client.batches.list({ limit: PAGE }, options(monitor));
        for (let count = 1; ; count += 1) {
          const batches = page.data.map(batchOf);
          found.push(...batches.filter((batch) => batch.run === run));
          const oldest = batches.at(-1);
          const isPast = !oldest || oldest.createdAtMs < createdSinceMs - CLOCK_SLACK_MS;
          if (isPast || count === MAX_PAGES || found.length >= MAX_FOUND || !page.hasNextPage()) break;
          page = await client.batches.list({ limit: PAGE, after: oldest.id }, options(monitor));
        }
        return found.slice(0, MAX_FOUND);
      }),
    retrieve,
    results: (batch, { signal }) =>
      readResults(caller, signal, (monitor) =>
        batchResults(batch, {
          monitor,
          idleMs: timeouts.idleMs,
          open: async (fileId) => (await client.files.content(fileId, options(monitor))).body,
        }),
      ),
    read: ({ model, request }, answer) =>
      readAnswer(request, { vendor, apiKey, read: () => readBatchAnswer(answer, { vendor, model }) }),
    cancel: ({ id, signal }) =>
      cancelBatch(
        () =>
          runBatchCall(
            caller,
            { effect: 'act', namesBatch: true, isTransfer: false, signal },
            async (monitor) => batchOf(await client.batches.cancel(id, options(monitor))),
          ),
        () => retrieve({ id, signal }),
      ),
    async close() {
      await pool.close();
      await media.close();
    },
  };
}
