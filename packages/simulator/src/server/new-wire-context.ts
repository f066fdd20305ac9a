import type { WireContext } from '../vendors/vendor-wire.ts';
import type { Exchange } from './call-session.ts';

/** What is known of a call before it is read. */
export function newWireContext({ account, headers, atMs }: Exchange): WireContext {
  return {
    requestId: account.wire.newRequestId(),
    model: null,
    maxInputTokens: 0,
    maxOutputTokens: 0,
    headers,
    nowMs: atMs,
  };
}
