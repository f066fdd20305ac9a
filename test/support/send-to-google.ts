import type { ChatDelta, ChatRequest, ModelEntry } from '@sluice/contracts';
import { createProviderAdapter, type ProviderOutcome } from '@sluice/providers';
import { deepFreeze } from './deep-freeze.ts';
import { googleWire } from './google-wire.ts';
import type { ScriptedVendorServer } from './scripted-vendor-server.ts';

export interface SentToGoogle {
  contents: { role: string; parts: object[] }[];
  generationConfig: Record<string, unknown>;
  [field: string]: unknown;
}

export interface GoogleExchange {
  outcome: ProviderOutcome;
  deltas: ChatDelta[];
  /** What was sent, parsed; null when nothing was. */
  sent: SentToGoogle | null;
  /** `code param` of each warning. */
  warned: string[];
}

export interface GoogleScene {
  /** @defaultValue a 2.5 model */
  model?: string;
  entry?: ModelEntry;
  /** A body, or the pieces of a stream. Default: an answer of one word. */
  answer?: object | object[];
  headers?: Record<string, string>;
}

/** One call of the Gemini adapter against a server that gives a scripted answer; loopback may be fetched from. */
export async function sendToGoogle(
  server: ScriptedVendorServer,
  request: ChatRequest,
  { model = 'gemini-2.5-flash', entry = {}, answer, headers = {} }: GoogleScene = {},
): Promise<GoogleExchange> {
  const isStream = Array.isArray(answer);
  server.answer((response) => {
    if (isStream) {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      response.end(answer.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`).join(''));
    } else {
      response.writeHead(200, { 'content-type': 'application/json', ...headers });
      response.end(answer === undefined ? googleWire.plain('ok') : JSON.stringify(answer));
    }
  });
  const before = server.requests.length;
  const deltas: ChatDelta[] = [];
  const adapter = createProviderAdapter({
    kind: 'google',
    apiKey: 'key',
    baseUrl: googleWire.baseUrl(server.origin),
    fetchPolicy: () => ({ allowPrivateNetwork: true, allowCidrs: [] }),
  });
  const outcome = await adapter.call({
    model,
    entry,
    request: deepFreeze(request),
    signal: new AbortController().signal,
    timeouts: { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 },
    ...(isStream ? { onDelta: (delta: ChatDelta) => deltas.push(delta) } : {}),
  });
  await adapter.close();
  const body = server.requests[before]?.body;
  return {
    outcome,
    deltas,
    sent: body === undefined ? null : (JSON.parse(body) as SentToGoogle),
    warned: outcome.warnings.map(({ code, param }) => `${code} ${param}`),
  };
}
