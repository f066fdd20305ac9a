import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { BatchApi, BatchCall, BatchEndpoint, FileAnswer } from '../batch/batch-api.ts';
import type { FaultRule } from '../config/fault-rule.ts';
import type { WireAnswer, WireErrorDetails } from '../vendors/vendor-wire.ts';
import { openCallSession, type CallSession, type Exchange } from './call-session.ts';
import { faultAmong } from './fault-among.ts';
import { maskKey } from './mask-key.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import { newWireContext } from './new-wire-context.ts';
import { pause } from './pause.ts';
import { sampleLatencyMs } from './sample-latency-ms.ts';
import type { SimulatorState } from './simulator-state.ts';

const MAX_HANG_MS = 600_000;
/** Answered in place of the operation. */
const REFUSALS = [
  'rate_limited',
  'rate_limited_no_hint',
  'server_error',
  'bad_gateway',
  'unavailable',
  'overloaded',
  'unauthorized',
  'forbidden',
  'billing',
] as const;
/** What is left of an answer whose operation was done. */
const BREAKS = ['cut_stream', 'malformed_json', 'hang_mid_stream', 'empty_body', 'lost_response'] as const;

/** Answers one call of a Batch API. Rejects only on defects of the simulator itself. */
export async function serveBatchCall(
  state: SimulatorState,
  exchange: Exchange,
  { api, endpoint, baseUrl }: { api: BatchApi; endpoint: BatchEndpoint; baseUrl: string },
): Promise<void> {
  const { account, method, path, query, headers, request } = exchange;
  const { wire, config } = account;
  const session = openCallSession(state, exchange);
  const { record } = session;
  const context = newWireContext(exchange);
  if (endpoint.status === 'wrong_method') {
    session.answer(wire.error('wrong_method', context, { method, path }));
    return;
  }
  const { operation, id } = endpoint;
  record.batch_operation = operation;
  const rule = state.faults.next({ account: account.name, model: null, operation });
  const call: BatchCall = {
    account,
    state,
    operation,
    method,
    path,
    id,
    query,
    headers,
    body: request,
    baseUrl,
    context,
  };
  const key = wire.apiKey(headers, query) ?? (api.isKeyless?.(call) ? '' : null);
  record.key = key && maskKey(key);
  const own = wire.headers(context, []);
  if (rule?.kind === 'connection_refused' || rule?.kind === 'connection_reset') {
    record.fault = rule.kind;
    session.drop(rule.kind === 'connection_reset' ? 'reset' : 'close');
    return;
  }
  if (key === null) {
    session.answer(wire.error('missing_key', context), own);
    return;
  }
  if (key !== '' && config.valid_keys && !config.valid_keys.includes(key)) {
    session.answer(wire.error('invalid_key', context, { key: maskKey(key) }), own);
    return;
  }
  record.fault = rule?.kind ?? null;
  if (rule?.kind === 'hang_before_headers') {
    await pause(MAX_HANG_MS, session.signal);
    if (!session.signal.aborted) session.drop('close');
    return;
  }
  const refusal = faultAmong(rule, REFUSALS);
  if (rule && refusal) {
    session.answer(wire.error(refusal, context, { ...hintOf(rule), key: maskKey(key) }), own);
    return;
  }
  if (rule?.kind === 'not_found') {
    session.answer(api.notFound(call), own);
    return;
  }
  let reply: WireAnswer | FileAnswer;
  try {
    reply = await api.serve(call);
  } catch (error) {
    // The client left before it had sent all.
    if (session.signal.aborted || request.destroyed) return;
    throw error;
  }
  await pause(sampleLatencyMs(account.latency, state.random()), session.signal);
  await send(session, reply, { own, rule });
}

function hintOf({ kind, retry_after_s: seconds }: FaultRule): WireErrorDetails {
  if (kind === 'rate_limited_no_hint') return {};
  const wait = seconds ?? (kind === 'rate_limited' ? 1 : undefined);
  return wait === undefined ? {} : { retryAfterMs: wait * 1_000 };
}

async function send(
  session: CallSession,
  reply: WireAnswer | FileAnswer,
  { own, rule }: { own: Record<string, string>; rule: FaultRule | null },
): Promise<void> {
  const { record, signal } = session;
  const { response } = session.exchange;
  const broken = faultAmong(rule, BREAKS);
  if (broken === 'lost_response') {
    session.drop('reset');
    return;
  }
  if (broken === 'empty_body') {
    session.answer({ status: reply.status, headers: reply.headers, body: '' }, own);
    return;
  }
  if (!('file' in reply)) {
    const half = reply.body.slice(0, Math.floor(reply.body.length / 2));
    if (broken === 'hang_mid_stream') {
      response.writeHead(reply.status, { ...own, ...reply.headers });
      response.write(half);
      await pause(MAX_HANG_MS, signal);
      return;
    }
    session.answer(broken ? { ...reply, body: half } : reply, own);
    return;
  }
  if (signal.aborted) return;
  const { path, bytes } = reply.file;
  const sent = broken ? Math.floor(bytes / 2) : bytes;
  record.status = reply.status;
  response.writeHead(reply.status, { ...own, ...reply.headers });
  try {
    if (sent > 0) {
      await pipeline(createReadStream(path, { end: sent - 1 }), response, { end: false, signal });
    }
    if (broken === 'hang_mid_stream') await pause(MAX_HANG_MS, signal);
    session.end();
    record.latency_ms ??= monotonicNowMs() - session.exchange.atMs;
    response.end();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
