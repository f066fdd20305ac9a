/** An expected failure of a command: one sentence for the user, and the exit code (1: it failed, 2: wrong usage). */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;
  /** The broker has read the request and will not do it, whenever it is sent again. */
  readonly isRefusal: boolean;

  constructor(message: string, exitCode = 1, { isRefusal = false } = {}) {
    super(message);
    this.exitCode = exitCode;
    this.isRefusal = isRefusal;
  }
}
