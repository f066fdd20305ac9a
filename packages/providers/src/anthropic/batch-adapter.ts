import type { BatchTimeouts } from '../batch/batch-timeouts.ts';
import { cancelBatch } from '../batch/cancel-batch.ts';
import { joinedLines } from '../batch/joined-lines.ts';
import type { ProviderBatch, ProviderBatchAdapter } from '../batch/provider-batch-adapter.ts';
import { readAnswer } from '../batch/read-answer.ts';
import { readResults } from '../batch/read-results.ts';
import { readingCall } from '../batch/reading-call.ts';
import { renderLine } from '../batch/render-line.ts';
import { runBatchCall, type BatchCaller } from '../batch/run-batch-call.ts';
import type { CallMonitor } from '../call/call-monitor.ts';
import { sdkOptions } from '../call/sdk-options.ts';
import { createHttpPool } from '../transport/http-pool.ts';
import { readBatchAnswer } from './batch-answer.ts';
import { toBatchPage, toProviderBatch } from './batch-object.ts';
import { batchResults } from './batch-results.ts';
import { createClient } from './create-client.ts';
import { toBrokerError } from './to-broker-error.ts';
import { toRequest } from './to-request.ts';

const VENDOR = 'anthropic';
const PATH = '/v1/messages/batches';
const MAX_RESULT_BYTES = 4 * 1024 ** 3;
const PAGE = 100;
const CLOCK_SLACK_MS = 60_000;
const MAX_BYTES = 256 * 1024 * 1024;
/** Room for what stands around the lines. */
const ENVELOPE_BYTES = 1_024;

/** Source: Anthropic's guide "Batch processing": 100,000 requests or 256 MB, of any models, within 24 h. */
const LIMITS = {
  maxLines: 100_000,
  maxBytes: MAX_BYTES - ENVELOPE_BYTES,
  inlineMaxBytes: MAX_BYTES - ENVELOPE_BYTES,
  mixesModels: true,
  windowMs: 86_400_000,
} as const;

/** Anthropic's Message Batches. Owns its connections. */
export function createAnthropicBatchAdapter({
  apiKey,
  baseUrl,
  timeouts,
}: {
  apiKey: string | null;
  baseUrl: string;
  timeouts: BatchTimeouts;
}): ProviderBatchAdapter {
  const pool = createHttpPool({ maxResponseBytes: MAX_RESULT_BYTES });
  const client = createClient({ apiKey, baseUrl, pool });
  const caller: BatchCaller = {
    vendor: VENDOR,
    apiKey,
    timeouts,
    toBrokerError: (error, monitor) => toBrokerError(error, { vendor: VENDOR, monitor }),
  };
  const options = (monitor: CallMonitor) => sdkOptions(monitor, pool);
  const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;
  const retrieve: ProviderBatchAdapter['retrieve'] = ({ id, signal }) =>
    runBatchCall(caller, readingCall(signal, { namesBatch: true }), async (monitor) =>
      toProviderBatch(await client.get<unknown>(pathOf(id), options(monitor))),
    );

  return {
    limits: LIMITS,
    render: (line) =>
      renderLine(line, {
        vendor: VENDOR,
        apiKey,
        toRequest,
        toLine: ({ params }) => ({ custom_id: line.customId, params }),
      }),
    upload: async () => ({ status: 'ok', value: null }),
    create: ({ lines, signal }) =>
      runBatchCall(
        caller,
        { effect: 'act', namesBatch: false, isTransfer: true, signal },
        async (monitor) => {
          const { body, bytes } = joinedLines(lines, { head: '{"requests":[', between: ',', tail: ']}' });
          const headers = { 'content-type': 'application/json', 'content-length': String(bytes) };
          return toProviderBatch(await client.post<unknown>(PATH, { ...options(monitor), body, headers }));
        },
      ),
    find: ({ createdSinceMs, signal }) =>
      runBatchCall(caller, readingCall(signal), async (monitor) => {
        const query = { limit: PAGE };
        const { batches } = toBatchPage(await client.get<unknown>(PATH, { ...options(monitor), query }));
        const found: ProviderBatch[] = batches;
        return found.filter(({ createdAtMs }) => createdAtMs >= createdSinceMs - CLOCK_SLACK_MS);
      }),
    retrieve,
    results: (batch, { signal }) =>
      readResults(caller, signal, (monitor) =>
        batchResults({
          monitor,
          idleMs: timeouts.idleMs,
          // Not the address that the batch names: the key goes where the configuration says, and nowhere else.
          open: () =>
            client
              .get(`${pathOf(batch.id)}/results`, {
                ...options(monitor),
                headers: { accept: 'application/binary' },
              })
              .asResponse(),
        }),
      ),
    read: (line, answer) =>
      readAnswer(line.request, { vendor: VENDOR, apiKey, read: () => readBatchAnswer(answer, line) }),
    cancel: ({ id, signal }) =>
      cancelBatch(
        () =>
          runBatchCall(
            caller,
            { effect: 'act', namesBatch: true, isTransfer: false, signal },
            async (monitor) =>
              toProviderBatch(await client.post<unknown>(`${pathOf(id)}/cancel`, options(monitor))),
          ),
        () => retrieve({ id, signal }),
      ),
    close: () => pool.close(),
  };
}
