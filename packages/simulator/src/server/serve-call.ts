import { SIMULATOR_MODELS } from '../config/simulator-models.ts';
import type { WireContext } from '../vendors/vendor-wire.ts';
import { openCallSession, type CallSession, type Exchange } from './call-session.ts';
import { judgeCall } from './judge-call.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import { newWireContext } from './new-wire-context.ts';
import { pause } from './pause.ts';
import { sampleLatencyMs } from './sample-latency-ms.ts';
import { sendPlain } from './send-plain.ts';
import { sendStream } from './send-stream.ts';
import type { SimulatorState } from './simulator-state.ts';

/** A hang ends by itself after this, so that a forgotten client costs nothing for ever. */
const MAX_HANG_MS = 600_000;

function modelNames({ account }: Exchange): string[] {
  const known = Object.entries(SIMULATOR_MODELS).filter(([, { vendor }]) => vendor === account.vendor);
  return [...new Set([...known.map(([name]) => name), ...Object.keys(account.config.models)])];
}

async function serveChat(
  session: CallSession,
  endpoint: { model: string | null; stream: boolean | null },
  context: WireContext,
): Promise<void> {
  const { exchange, state, signal } = session;
  const { account } = exchange;
  const hang = async (): Promise<void> => {
    await pause(MAX_HANG_MS, signal);
    if (!signal.aborted) session.drop('close');
  };
  const headers = (): Record<string, string> =>
    account.wire.headers(context, account.limiter.states(monotonicNowMs(), context.model ?? undefined));
  const startedAtMs = monotonicNowMs();
  const verdict = await judgeCall(session, endpoint, context);
  if (verdict.status === 'drop') {
    session.drop('close');
    return;
  }
  if (verdict.status === 'answer') {
    session.answer(verdict.answer, headers());
    return;
  }
  const { rule } = verdict;
  if (rule?.kind === 'hang_before_headers') {
    await hang();
    return;
  }
  await pause(sampleLatencyMs(account.latency, state.random()), signal);
  if (verdict.status === 'fail') {
    session.answer(verdict.answer, headers());
    return;
  }
  const { completion } = verdict;
  const early = rule?.kind === 'connection_reset' && rule.after_tokens === undefined;
  if (early) {
    session.drop('reset');
    return;
  }
  const timing =
    account.vendor === 'openai'
      ? { 'openai-processing-ms': String(Math.round(monotonicNowMs() - startedAtMs)) }
      : {};
  const options = {
    completion,
    rule,
    headers: { ...headers(), ...account.wire.completionHeaders(completion), ...timing },
    hang,
  };
  if (completion.chat.stream) await sendStream(session, context, options);
  else await sendPlain(session, options);
}

/** Answers one call as the account's vendor would. Rejects only on defects of the simulator itself. */
export async function serveCall(state: SimulatorState, exchange: Exchange): Promise<void> {
  const { account, method, path, query } = exchange;
  const { wire } = account;
  const context = newWireContext(exchange);
  const endpoint = wire.endpoint(method, path, query);
  const session = openCallSession(state, exchange);
  switch (endpoint.status) {
    case 'chat':
      await serveChat(session, endpoint, context);
      return;
    case 'models': {
      const body = wire.models(modelNames(exchange));
      session.answer({ status: 200, headers: { 'content-type': 'application/json' }, body });
      return;
    }
    case 'wrong_method':
      session.answer(wire.error('wrong_method', context, { method, path }));
      return;
    case 'unknown':
      session.answer(wire.error('unknown_path', context, { method, path }));
  }
}
