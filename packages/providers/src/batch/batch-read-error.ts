import type { AttemptError } from '@sluice/contracts';

/** Thrown while results are read: the reading broke and may be tried again, or not, as `error` says. */
export class BatchReadError extends Error {
  override readonly name = 'BatchReadError';
  readonly error: AttemptError;

  constructor(error: AttemptError, options?: ErrorOptions) {
    super(error.message, options);
    this.error = error;
  }
}
