import type { WireAnswer } from '../vendor-wire.ts';
import { openaiErrorBody } from './openai-error-body.ts';

/** Thrown by the request reader; carries OpenAI's 400. */
export class OpenaiInvalid extends Error {
  override readonly name = 'OpenaiInvalid';
  readonly answer: WireAnswer;

  constructor(message: string, { param, code }: { param: string | null; code: string | null }) {
    super(message);
    this.answer = openaiErrorBody(400, { message, type: 'invalid_request_error', param, code });
  }
}
