/** Thrown by the request reader; the message of Google's 400. */
export class GoogleInvalid extends Error {
  override readonly name = 'GoogleInvalid';
  readonly violations: { field: string; description: string }[];

  constructor(message: string, violations: { field: string; description: string }[] = []) {
    super(message);
    this.violations = violations;
  }
}
