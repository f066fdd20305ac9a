import type { WireAnswer } from '../../vendor-wire.ts';

/** A success, indented by two as on the wire. */
export function openaiJson(body: unknown): WireAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}
