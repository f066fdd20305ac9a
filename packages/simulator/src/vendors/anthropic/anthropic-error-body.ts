import type { WireAnswer } from '../vendor-wire.ts';

/** Anthropic's error object. `x-should-retry` is what its servers tell its clients. */
export function anthropicErrorBody(
  status: number,
  { type, message, requestId }: { type: string; message: string; requestId: string },
): WireAnswer {
  const retry = status === 408 || status === 409 || status === 429 || status >= 500;
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-should-retry': String(retry) },
    body: JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId }),
  };
}
