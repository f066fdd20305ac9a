import type { WireAnswer } from '../../vendor-wire.ts';
import { googleErrorBody } from '../google-error-body.ts';

/** Thrown while a call is read; carries Google's refusal. */
export class GoogleRefused extends Error {
  override readonly name = 'GoogleRefused';
  readonly answer: WireAnswer;

  constructor(answer: WireAnswer | string) {
    super(typeof answer === 'string' ? answer : `HTTP ${answer.status}`);
    this.answer =
      typeof answer === 'string'
        ? googleErrorBody(400, { status: 'INVALID_ARGUMENT', message: answer })
        : answer;
  }
}
