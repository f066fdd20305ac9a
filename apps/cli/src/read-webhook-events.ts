import { setTimeout as delay } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';

export interface WebhookMessage {
  id: string;
  type: string;
  /** The body of the webhook, byte for byte. */
  body: string;
}

/**
 * The tenant's events as webhooks would carry them, until aborted. A connection that breaks is made again; what happened
 * in between is lost, which `onGap` is told. Rejects when the first connection is refused.
 */
export async function* readWebhookEvents({
  client,
  events,
  signal,
  onOpen,
  onGap,
}: {
  client: ApiClient;
  events: readonly string[];
  signal: AbortSignal;
  onOpen: () => void;
  onGap: (reason: string) => void;
}): AsyncGenerator<WebhookMessage, void, undefined> {
  const query = events.length > 0 ? `?events=${events.map(encodeURIComponent).join(',')}` : '';
  for (let opened = false, pauseMs = 500; !signal.aborted; pauseMs = Math.min(pauseMs * 2, 10_000)) {
    try {
      const response = await client.open(`/v1/webhook_events${query}`, {
        headers: { accept: 'text/event-stream' },
        signal,
      });
      const messages = (response.body as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>)
        .pipeThrough(new EventSourceParserStream());
      for await (const { id = '', event: type = '', data: body } of messages) {
        if (type === 'listening') onOpen();
        else yield { id, type, body };
        opened = true;
        pauseMs = 500;
      }
      if (!signal.aborted) onGap('the broker ended the stream');
    } catch (error) {
      if (signal.aborted) return;
      if (!opened && error instanceof CliError) throw error;
      onGap((error as Error).message);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
