import type { FaultRule } from '../config/fault-rule.ts';
import type { SimulatedCompletion } from '../vendors/vendor-wire.ts';
import type { CallSession } from './call-session.ts';
import { faultAmong } from './fault-among.ts';

const BREAKS = ['connection_reset', 'hang_mid_stream', 'cut_stream', 'malformed_json', 'empty_body'] as const;

/** Sends a whole completion, or what the fault leaves of it. The model has run, so it is booked in full, also
 * when the client has left. */
export async function sendPlain(
  session: CallSession,
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
  const { contentType, body } = exchange.account.wire.plain(completion);
  const half = body.slice(0, Math.floor(body.length / 2));
  session.charge(completion);
  if (session.signal.aborted) return;
  switch (faultAmong(rule, BREAKS)) {
    case 'connection_reset':
      session.drop('reset');
      return;
    case 'hang_mid_stream':
      record.status = 200;
      exchange.response.writeHead(200, { ...headers, 'content-type': contentType });
      exchange.response.write(half);
      await hang();
      return;
    case 'cut_stream':
    case 'malformed_json':
      session.answer({ status: 200, headers: { 'content-type': contentType }, body: half }, headers);
      return;
    case 'empty_body':
      session.answer({ status: 200, headers: { 'content-type': contentType }, body: '' }, headers);
      return;
    case null:
      session.answer({ status: 200, headers: { 'content-type': contentType }, body }, headers);
  }
}
