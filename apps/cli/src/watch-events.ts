import { setTimeout as delay } from 'node:timers/promises';
import { type JobEvent, jobEventSchema, TERMINAL_JOB_EVENT_TYPES } from '@sluice/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';

export interface WatchOptions {
  client: ApiClient;
  jobId: string;
  /** Sequence number to go on after. Default 0: from the start. */
  after?: number;
  /** Longest silence before the connection is given up; the broker sends a comment every 15 s. Default 45 000. */
  silenceMs?: number;
  /** Tries to connect again without an event in between. Default 8. */
  maxReconnects?: number;
}

/** All events of a job up to its terminal one, across lost connections, none twice. */
export async function* watchEvents(options: WatchOptions): AsyncGenerator<JobEvent, void, undefined> {
  const { client, jobId, silenceMs = 45_000, maxReconnects = 8 } = options;
  let after = options.after ?? 0;
  let failures = 0;
  for (;;) {
    try {
      for await (const event of readStream({ client, jobId, after, silenceMs })) {
        if (event.seq <= after) continue;
        after = event.seq;
        failures = 0;
        yield event;
        if (TERMINAL_JOB_EVENT_TYPES.has(event.type)) return;
      }
    } catch (error) {
      // A refusal at the first try (unknown id, bad key) is final; later ones may be the broker restarting.
      if (error instanceof CliError && after === (options.after ?? 0)) throw error;
    }
    failures += 1;
    if (failures > maxReconnects) {
      throw new CliError(`The event stream of ${jobId} broke off after event ${after} and can't be resumed.`);
    }
    await delay(Math.min(200 * 2 ** failures, 5_000));
  }
}

async function* readStream({
  client,
  jobId,
  after,
  silenceMs,
}: {
  client: ApiClient;
  jobId: string;
  after: number;
  silenceMs: number;
}): AsyncGenerator<JobEvent, void, undefined> {
  const abort = new AbortController();
  let silence = setTimeout(() => abort.abort(), silenceMs);
  const onBytes = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), silenceMs);
      controller.enqueue(chunk);
    },
  });
  try {
    const response = await client.open(`/v1/jobs/${encodeURIComponent(jobId)}/events`, {
      headers: { accept: 'text/event-stream', ...(after > 0 ? { 'last-event-id': String(after) } : {}) },
      signal: abort.signal,
    });
    if (!response.body) return;
    const messages = response.body
      .pipeThrough(onBytes)
      .pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)
      .pipeThrough(new EventSourceParserStream());
    for await (const message of messages) yield jobEventSchema.parse(JSON.parse(message.data));
  } finally {
    clearTimeout(silence);
    abort.abort();
  }
}
