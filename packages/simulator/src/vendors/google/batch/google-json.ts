import type { WireAnswer } from '../../vendor-wire.ts';

/** A success, indented by two as on the wire. */
export function googleJson(body: unknown, headers: Record<string, string> = {}): WireAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}
