import type { WireAnswer } from '../vendor-wire.ts';

export interface OpenaiErrorFields {
  message: string;
  type: string;
  param?: string | null;
  code?: string | null;
}

/** OpenAI's error object, indented by two as on the wire. */
export function openaiErrorBody(
  status: number,
  { message, type, param = null, code = null }: OpenaiErrorFields,
): WireAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `${JSON.stringify({ error: { message, type, param, code } }, null, 2)}\n`,
  };
}
