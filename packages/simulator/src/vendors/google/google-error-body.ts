import type { WireAnswer } from '../vendor-wire.ts';

export interface GoogleErrorFields {
  message: string;
  /** Name of the gRPC status. */
  status: string;
  details?: object[];
}

/** Google's error object. `details` is left out when there are none. */
export function googleErrorBody(code: number, { message, status, details }: GoogleErrorFields): WireAnswer {
  return {
    status: code,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: `${JSON.stringify({ error: { code, message, status, ...(details ? { details } : {}) } }, null, 2)}\n`,
  };
}
