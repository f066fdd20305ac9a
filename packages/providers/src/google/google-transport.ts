import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  type GenerateContentRequest,
  type GenerativeModel,
  type SingleRequestOptions,
} from '@google/generative-ai';
import type { CallMonitor } from '../call/call-monitor.ts';
import type { GoogleBody } from './google-body.ts';

/** An answer that was not a success. */
export class GoogleHttpError extends Error {
  override readonly name = 'GoogleHttpError';
  readonly status: number;
  /** `error.details` of the body: RetryInfo, ErrorInfo, … */
  readonly details: readonly unknown[];
  readonly header: (name: string) => string | null;

  constructor(
    message: string,
    {
      status,
      details,
      header,
    }: { status: number; details: readonly unknown[]; header: (name: string) => string | null },
  ) {
    super(message);
    this.status = status;
    this.details = details;
    this.header = header;
  }
}

/** JSON that could not be read, inside an answer that was a success. */
export class GoogleParseError extends SyntaxError {
  override readonly name = 'GoogleParseError';
}

export interface GoogleCall {
  model: string;
  body: GoogleBody;
  monitor: CallMonitor;
}

export interface GoogleReply<Answer> {
  /** As JSON says it, not checked. */
  answer: Answer;
  /** A header of the answer, by its name in lower case. */
  header: (name: string) => string | null;
}

/** How requests reach Gemini: all that would change with another client. */
export interface GoogleTransport {
  generate(call: GoogleCall): Promise<GoogleReply<unknown>>;
  stream(call: GoogleCall): Promise<GoogleReply<AsyncIterable<unknown>>>;
  close(): void;
}

const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** What Node's own fetch reports about the request of one call. */
interface Exchange {
  monitor: CallMonitor;
  connectTimer: NodeJS.Timeout;
  headers: ReadonlyMap<string, string>;
  receivedBytes: number;
  /** What broke the request; the SDK's own errors drop their cause. */
  error: unknown;
}

/**
 * Gemini through `@google/generative-ai`, whose only way out is the global fetch: it takes no dispatcher, and its
 * errors drop the headers. What is needed of both is read from undici's diagnostics channels, per call by its async
 * context. The connections are those of Node's global pool, so `close` only ends the subscriptions.
 */
export function createGoogleTransport({
  apiKey,
  baseUrl,
}: {
  apiKey: string;
  baseUrl: string;
}): GoogleTransport {
  const client = new GoogleGenerativeAI(apiKey);
  const watch = watchExchanges();

  async function exchange<Result>(
    { model, monitor }: GoogleCall,
    send: (model: GenerativeModel, options: SingleRequestOptions, state: Exchange) => Promise<Result>,
  ): Promise<Result> {
    return watch.run(monitor, async (state) => {
      try {
        const generativeModel = client.getGenerativeModel({ model }, { baseUrl });
        // `timeout` is not used: the SDK never clears the timer that it makes of it.
        const result = await send(generativeModel, { signal: monitor.signal }, state);
        monitor.sawHeaders();
        return result;
      } catch (error) {
        throw readable(error, state);
      } finally {
        clearTimeout(state.connectTimer);
      }
    });
  }

  return {
    generate: (call) =>
      exchange(call, async (generativeModel, options, state) => {
        const { response } = await generativeModel.generateContent(sdkRequest(call.body), options);
        return { answer: response, header: headerOf(state) };
      }),
    stream: (call) =>
      exchange(call, async (generativeModel, options, state) => {
        const { stream, response } = await generativeModel.generateContentStream(
          sdkRequest(call.body),
          options,
        );
        // The SDK also gathers the whole answer; its failure is the stream's, which is read here.
        response.catch(() => undefined);
        return { answer: readStream(stream, state), header: headerOf(state) };
      }),
    close: () => watch.close(),
  };
}

/** The SDK's types are older than the API; it sends fields that it does not know as they are. It edits what it gets. */
function sdkRequest(body: GoogleBody): GenerateContentRequest {
  return { ...body } as unknown as GenerateContentRequest;
}

async function* readStream(stream: AsyncIterable<unknown>, state: Exchange): AsyncIterable<unknown> {
  try {
    yield* stream;
  } catch (error) {
    throw readable(error, state);
  }
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && /Error parsing JSON response/.test(error.message);
}

function readable(error: unknown, state: Exchange): unknown {
  if (error instanceof SyntaxError) return error;
  if (isParseError(error)) return new GoogleParseError((error as Error).message, { cause: error });
  if (!(error instanceof GoogleGenerativeAIFetchError) || error.status === undefined)
    return state.error ?? error;
  // The SDK writes "[GoogleGenerativeAI Error]: Error fetching from <url>: [<status> <text>] <message> <details>".
  const text = error.message.replace(/^.*?Error fetching from \S+ \[\d{3}[^\]]*\] ?/s, '');
  const details = error.errorDetails ?? [];
  const message = details.length > 0 ? text.replace(JSON.stringify(details), '').trim() : text;
  return new GoogleHttpError(message, { status: error.status, details, header: headerOf(state) });
}

function headerOf({ headers }: Exchange): (name: string) => string | null {
  return (name) => headers.get(name) ?? null;
}

interface RequestMessage {
  request: object;
  response?: { statusCode: number; headers: readonly Uint8Array[] };
  chunk?: Uint8Array;
  error?: unknown;
}

/** Source: undici, "Diagnostics Channel Support". */
function watchExchanges() {
  const current = new AsyncLocalStorage<Exchange>();
  const exchanges = new WeakMap<object, Exchange>();
  const on = (handle: (state: Exchange, message: RequestMessage) => void) => (message: unknown) => {
    const state = exchanges.get((message as RequestMessage).request);
    if (state) handle(state, message as RequestMessage);
  };
  const subscriptions: Readonly<Record<string, (message: unknown) => void>> = {
    'undici:request:create': (message) => {
      const state = current.getStore();
      if (state) exchanges.set((message as RequestMessage).request, state);
    },
    // Headers are sent once the connection stands, TLS included.
    'undici:client:sendHeaders': on((state) => clearTimeout(state.connectTimer)),
    'undici:request:headers': on((state, { response }) => {
      const texts = (response?.headers ?? []).map((bytes) => Buffer.from(bytes).toString('latin1'));
      const pairs = texts.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), texts[at + 1] ?? ''] as const] : [],
      );
      state.headers = new Map(pairs);
      state.monitor.sawHeaders();
    }),
    'undici:request:bodyChunkReceived': on((state, { chunk }) => {
      state.receivedBytes += chunk?.byteLength ?? 0;
      if (state.receivedBytes > MAX_RESPONSE_BYTES) {
        state.monitor.interrupt({ kind: 'too_large', limitBytes: MAX_RESPONSE_BYTES });
      }
    }),
    'undici:request:error': on((state, { error }) => {
      state.error = error;
    }),
  };
  for (const [channel, handler] of Object.entries(subscriptions)) subscribe(channel, handler);

  return {
    run<Result>(monitor: CallMonitor, body: (state: Exchange) => Promise<Result>): Promise<Result> {
      const limitMs = monitor.timeouts.connect_ms;
      const connectTimer = setTimeout(
        () => monitor.interrupt({ kind: 'timeout', which: 'connect', limitMs }),
        limitMs,
      );
      const state: Exchange = { monitor, connectTimer, headers: new Map(), receivedBytes: 0, error: null };
      return current.run(state, () => body(state));
    },
    close(): void {
      for (const [channel, handler] of Object.entries(subscriptions)) unsubscribe(channel, handler);
    },
  };
}
