import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { CallRecord } from '../records/call-record.ts';
import type { SimulatedCompletion, WireAnswer } from '../vendors/vendor-wire.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import type { SimulatedAccount, SimulatorState } from './simulator-state.ts';

const MAX_RECORDED_BODY_BYTES = 8_192;

/** One HTTP exchange with a simulated account. */
export interface Exchange {
  account: SimulatedAccount;
  method: string;
  /** Without the account's prefix. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  request: IncomingMessage;
  response: ServerResponse;
  /** When the request's head arrived. */
  atMs: number;
}

export interface CallSession {
  exchange: Exchange;
  state: SimulatorState;
  record: CallRecord;
  /** Aborted when the connection has closed: by the client, or by the simulator's own close. */
  signal: AbortSignal;
  /** Called once when the call is over, before its last byte, so that the client's next call finds the slot free. */
  release: () => void;
  /** Books a completion, or the part of it that was sent. */
  charge(completion: SimulatedCompletion, sentTokens?: number): void;
  /** Closes the record. Calling it twice is harmless. */
  end(): void;
  /** Sends a whole answer and ends. */
  answer(answer: WireAnswer, extraHeaders?: Record<string, string>): void;
  /** Ends without an answer: `reset` with a TCP RST, else by closing the connection. */
  drop(how: 'close' | 'reset'): void;
}

function firstHeader(headers: IncomingHttpHeaders, ...names: string[]): string | null {
  const value = names.map((name) => headers[name]).find((candidate) => typeof candidate === 'string');
  return typeof value === 'string' ? value : null;
}

function newRecord({ account, path, headers, body, atMs }: Exchange): Omit<CallRecord, 'n'> {
  const retryCount = firstHeader(headers, 'x-stainless-retry-count');
  return {
    at_ms: atMs,
    account: account.name,
    vendor: account.vendor,
    model: null,
    batch_operation: null,
    path,
    key: null,
    stream: false,
    status: null,
    fault: null,
    prompt_tokens: 0,
    completion_tokens: 0,
    reasoning_tokens: 0,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    service_tier: null,
    cost_usd: 0,
    latency_ms: null,
    aborted: false,
    job_id: firstHeader(headers, 'x-sluice-job-id', 'idempotency-key'),
    retry_count: retryCount === null ? null : Number(retryCount),
    request_hash: body.length > 0 ? createHash('sha256').update(body).digest('hex') : null,
    request_body: body.length > 0 ? body.subarray(0, MAX_RECORDED_BODY_BYTES).toString() : null,
  };
}

/** Opens the record of a call and watches its connection. */
export function openCallSession(state: SimulatorState, exchange: Exchange): CallSession {
  const { account, request, response, atMs } = exchange;
  const record = state.calls.open(newRecord(exchange));
  const controller = new AbortController();
  state.running.add(record);

  const session: CallSession = {
    exchange,
    state,
    record,
    signal: controller.signal,
    release: () => {},
    charge({ chat, promptTokens, completionTokens, reasoningTokens, cache }, sentTokens = completionTokens) {
      const model = record.model ?? 'unknown';
      const price = account.config.models[model]?.price ?? account.config.price;
      record.prompt_tokens = promptTokens;
      record.completion_tokens = sentTokens;
      record.reasoning_tokens = Math.min(reasoningTokens, sentTokens);
      record.cache_read_tokens = cache.readTokens;
      record.cache_write_tokens = cache.write5mTokens + cache.write1hTokens;
      record.service_tier = chat.serviceTier ?? null;
      record.cost_usd = state.bill.charge({
        account: account.name,
        model,
        promptTokens,
        completionTokens: sentTokens,
        cache,
        serviceTier: record.service_tier,
        isBatch: false,
        price,
      });
    },
    end() {
      session.release();
      state.running.delete(record);
      record.latency_ms ??= monotonicNowMs() - atMs;
    },
    answer({ status, headers, body }, extraHeaders = {}) {
      if (response.destroyed) return;
      record.status = status;
      session.end();
      response.writeHead(status, { ...extraHeaders, ...headers, 'content-length': Buffer.byteLength(body) });
      response.end(body);
    },
    drop(how) {
      session.end();
      if (how === 'reset') request.socket.resetAndDestroy();
      else request.socket.destroy();
    },
  };
  response.once('close', () => {
    if (record.latency_ms === null) record.aborted = true;
    session.end();
    controller.abort();
  });
  return session;
}
