import { setImmediate } from 'node:timers/promises';
import type { FaultRule } from '../config/fault-rule.ts';
import { costOf } from '../records/bill.ts';
import { isObject } from '../vendors/is-object.ts';
import type {
  SimulatedCompletion,
  WireAnswer,
  WireContext,
  WireErrorDetails,
  WireErrorKind,
} from '../vendors/vendor-wire.ts';
import type { CallSession } from './call-session.ts';
import { faultAmong } from './fault-among.ts';
import { judgeRequest } from './judge-request.ts';
import { maskKey } from './mask-key.ts';

const DEFAULT_RETRY_AFTER_S = 1;

export type Verdict =
  | { status: 'answer'; answer: WireAnswer }
  | { status: 'drop' }
  /** To be answered after the usual latency. */
  | { status: 'fail'; answer: WireAnswer; rule: FaultRule }
  | { status: 'run'; completion: SimulatedCompletion; rule: FaultRule | null };

function parseBody(body: Buffer): { status: 'ok'; value: unknown } | { status: 'invalid' } {
  try {
    return { status: 'ok', value: JSON.parse(body.toString()) as unknown };
  } catch {
    return { status: 'invalid' };
  }
}

function hintOf(rule: FaultRule): WireErrorDetails {
  const seconds = rule.retry_after_s ?? (rule.kind === 'rate_limited' ? DEFAULT_RETRY_AFTER_S : undefined);
  return seconds === undefined || rule.kind === 'rate_limited_no_hint'
    ? {}
    : { retryAfterMs: seconds * 1_000 };
}

/** Takes the call through the account's limits, recording what it crosses; null when it is admitted. */
async function passLimits(
  session: CallSession,
  context: WireContext,
  completion: SimulatedCompletion,
): Promise<WireAnswer | null> {
  const { exchange, state, record } = session;
  const { account, atMs } = exchange;
  // A client that left frees its slot; its close may wait in this turn of the event loop.
  await setImmediate();
  const tokens = { input: completion.promptTokens, output: completion.completionTokens };
  const outcome = account.limiter.admit(atMs, {
    model: completion.chat.model,
    key: account.wire.apiKey(exchange.headers, exchange.query),
    tokens,
  });
  for (const { model, key, dimension, rule, limit, observed, refuses } of outcome.crossings) {
    const where = { at_ms: atMs, call: record.n, account: account.name, model, ...(key ? { key } : {}) };
    state.overshoots.add({ ...where, dimension, rule, limit, observed, refused: refuses });
  }
  if (outcome.status === 'refused') {
    const { refusal } = outcome;
    return account.wire.error('rate_limited', context, { refusal, retryAfterMs: refusal.retryAfterMs });
  }
  session.release = outcome.release;
  return null;
}

/** Kinds that are answered without touching the limits: a vendor's gate decides them. */
const GATE_FAULTS = ['rate_limited', 'rate_limited_no_hint', 'unauthorized', 'forbidden', 'billing'] as const;
/** Kinds that are answered in place of a completion, after the limits and the usual latency. */
const ANSWERED_FAULTS = [
  'server_error',
  'bad_gateway',
  'unavailable',
  'overloaded',
  'context_window',
  'prompt_blocked',
] as const;

/** What happens to a chat call: the order of checks is the vendors' (key, form, model, limits, model run). */
export async function judgeCall(
  session: CallSession,
  endpoint: { model: string | null; stream: boolean | null },
  context: WireContext,
): Promise<Verdict> {
  const { exchange, state, record } = session;
  const { account, headers, query } = exchange;
  const { wire, config } = account;
  const refuse = (kind: WireErrorKind, details: WireErrorDetails = {}): Verdict => ({
    status: 'answer',
    answer: wire.error(kind, context, details),
  });

  const body = parseBody(exchange.body);
  const inBody = body.status === 'ok' && isObject(body.value) ? body.value['model'] : undefined;
  context.model = endpoint.model ?? (typeof inBody === 'string' ? inBody : null);
  record.model = context.model;
  const key = wire.apiKey(headers, query);
  const rule = state.faults.next({ account: account.name, model: context.model, key });
  if (rule?.kind === 'connection_refused') {
    record.fault = rule.kind;
    return { status: 'drop' };
  }

  if (key === null) return refuse('missing_key');
  record.key = maskKey(key);
  if (config.valid_keys && !config.valid_keys.includes(key))
    return refuse('invalid_key', { key: record.key });
  const gateFault = faultAmong(rule, GATE_FAULTS);
  if (rule && gateFault) {
    record.fault = gateFault;
    return refuse(gateFault, { ...hintOf(rule), key: record.key });
  }

  if (body.status === 'invalid') return refuse('invalid_json');
  const answerTokens = state.config.answer_tokens;
  const judged = judgeRequest({ account, answerTokens }, { body: body.value, endpoint, context, rule });
  record.stream = (judged.status === 'run' ? judged.completion.chat : judged.chat)?.stream ?? false;
  if (judged.status === 'refused') return { status: 'answer', answer: judged.answer };
  const { completion } = judged;
  const { chat, promptTokens } = completion;
  const overLimit = await passLimits(session, context, completion);
  if (overLimit) return { status: 'answer', answer: overLimit };
  record.fault = rule?.kind ?? null;
  // Gemini answers a blocked prompt with a 200.
  const failure =
    account.vendor === 'google' && rule?.kind === 'prompt_blocked' ? null : faultAmong(rule, ANSWERED_FAULTS);
  if (rule && failure) {
    return { status: 'fail', rule, answer: wire.error(failure, context, { ...hintOf(rule), promptTokens }) };
  }
  if (rule?.kind === 'error_in_stream' && !chat.stream) {
    return { status: 'fail', rule, answer: wire.error('server_error', context, hintOf(rule)) };
  }
  if (chat.cache) completion.cache = account.cache.use(chat.cache, context.nowMs);
  if (account.config.kind === 'openrouter') {
    const price = account.config.models[chat.model]?.price ?? account.config.price;
    completion.costUsd = costOf({ ...completion, serviceTier: null, isBatch: false, price });
  }
  return { status: 'run', completion, rule };
}
