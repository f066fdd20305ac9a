/** An expected failure of a command: one sentence for the user, and the exit code (1: it failed, 2: wrong usage). */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
