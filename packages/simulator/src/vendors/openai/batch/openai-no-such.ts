import type { WireAnswer } from '../../vendor-wire.ts';
import { openaiErrorBody } from '../openai-error-body.ts';

/** OpenAI's 404 for a file or batch. The text for a batch is from public bug reports. */
export function openaiNoSuch(what: 'File object' | 'batch', id: string): WireAnswer {
  const message = what === 'batch' ? `No batch found with id '${id}'.` : `No such File object: ${id}`;
  const param = what === 'batch' ? null : 'id';
  return openaiErrorBody(404, { message, type: 'invalid_request_error', param });
}
