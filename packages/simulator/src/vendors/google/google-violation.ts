import { GoogleInvalid } from './google-invalid.ts';

/** Throws Google's 400 for a value that does not fit its proto field. */
export function googleViolation(field: string, description: string): never {
  throw new GoogleInvalid(description, [{ field, description }]);
}
