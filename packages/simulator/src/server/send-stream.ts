import { once } from 'node:events';
import { countTextTokens } from '../answer/count-tokens.ts';
import type { FaultRule } from '../config/fault-rule.ts';
import type { SimulatedCompletion, WireContext, WirePiece } from '../vendors/vendor-wire.ts';
import type { CallSession } from './call-session.ts';
import { faultAmong } from './fault-among.ts';
import { monotonicNowMs } from './monotonic-now-ms.ts';
import { pause } from './pause.ts';

/** Frames that come due within this time go out together, so that a fast stream does not cost a timer per token. */
const COALESCE_MS = 4;

const BREAKS = [
  'hang_mid_stream',
  'cut_stream',
  'error_in_stream',
  'malformed_json',
  'empty_body',
  'connection_reset',
] as const;

async function write(session: CallSession, text: string): Promise<void> {
  const { response } = session.exchange;
  if (text === '' || session.signal.aborted || response.write(text)) return;
  try {
    await once(response, 'drain', { signal: session.signal });
  } catch (error) {
    if (!session.signal.aborted) throw error;
  }
}

/** Sends the pieces at the account's pace, up to `count` of them; how many went out. */
async function sendPieces(session: CallSession, pieces: readonly WirePiece[]): Promise<number> {
  const { tokens_per_second: pace } = session.exchange.account.latency;
  const startedAtMs = monotonicNowMs();
  let waiting = '';
  let tokens = 0;
  for (const [index, { frame, text }] of pieces.entries()) {
    const aheadMs = pace === 0 ? 0 : (tokens / pace) * 1_000 - (monotonicNowMs() - startedAtMs);
    if (aheadMs > COALESCE_MS) {
      await write(session, waiting);
      waiting = '';
      await pause(aheadMs, session.signal);
    }
    if (session.signal.aborted) return index;
    waiting += frame;
    tokens += countTextTokens(text);
  }
  await write(session, waiting);
  return pieces.length;
}

/** Streams a completion, or as much of it as the fault lets through; books what was sent. */
export async function sendStream(
  session: CallSession,
  context: WireContext,
  {
    completion,
    rule,
    headers,
    hang,
  }: {
    completion: SimulatedCompletion;
    rule: FaultRule | null;
    headers: Record<string, string>;
    hang: () => Promise<void>;
  },
): Promise<void> {
  const { exchange, record } = session;
  const { wire } = exchange.account;
  const { response } = exchange;
  const frames = wire.frames(completion);
  const broken = faultAmong(rule, BREAKS);
  const breakAfter = rule?.after_tokens ?? Math.floor(frames.pieces.length / 2);

  if (session.signal.aborted) {
    session.charge(completion, 0);
    return;
  }
  record.status = 200;
  response.writeHead(200, {
    ...headers,
    'content-type': wire.streamContentType,
    'cache-control': 'no-cache',
  });
  response.flushHeaders();
  if (broken === 'empty_body') {
    session.charge(completion);
    session.end();
    response.end();
    return;
  }
  await write(session, frames.head.join(''));
  const sending = broken ? frames.pieces.slice(0, breakAfter) : frames.pieces;
  const sent = await sendPieces(session, sending);
  const complete = !broken && !session.signal.aborted;
  const sentText = sending.slice(0, sent).map((piece) => piece.text);
  const sentTokens = Math.min(
    frames.hiddenTokens + countTextTokens(sentText.join('')),
    completion.completionTokens,
  );
  session.charge(completion, complete ? completion.completionTokens : sentTokens);
  if (session.signal.aborted) return;
  switch (broken) {
    case 'hang_mid_stream':
      await hang();
      return;
    case 'connection_reset':
      session.drop('reset');
      return;
    case 'error_in_stream':
      session.end();
      response.end(wire.errorFrame(context));
      return;
    case 'malformed_json': {
      const frame = frames.pieces[breakAfter]?.frame ?? frames.tail[0] ?? 'data: {';
      const [end] = /\r?\n\r?\n$/.exec(frame) ?? ['\n\n'];
      session.end();
      response.end(`${frame.slice(0, Math.floor(frame.length * 0.7)).trimEnd()}${end}`);
      return;
    }
    case 'cut_stream':
      session.end();
      response.end();
      return;
    case null:
      session.end();
      response.end(frames.tail.join(''));
  }
}
