import type { AttemptError } from '@sluice/contracts';
import { attemptErrorOf } from '../errors/attempt-error-of.ts';

/** The model becomes part of the URL's path: nothing that would lead to another method or resource. */
const MODEL = /^((tuned)?models\/)?[A-Za-z0-9][A-Za-z0-9._-]*$/i;

export function isModelName(model: string): boolean {
  return MODEL.test(model);
}

export function noSuchModel(model: string): AttemptError {
  const message = `"${model}" can't be the name of a Gemini model.`;
  return attemptErrorOf({ code: 'invalid_request', message, failover: true });
}
