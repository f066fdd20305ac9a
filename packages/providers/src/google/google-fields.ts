import type { Warning } from '@sluice/contracts';

/** Some fields of the request, and a warning for all that had to be given up for them. */
export interface GoogleFields<Fields> {
  fields: Fields;
  warnings: Warning[];
}
