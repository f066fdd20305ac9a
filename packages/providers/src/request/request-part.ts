import type { Warning } from '@sluice/contracts';

/** Some fields of a vendor's request, and what could not be kept on the way. */
export interface RequestPart {
  fields: Record<string, unknown>;
  warnings: Warning[];
}

export const NOTHING: Readonly<RequestPart> = Object.freeze({ fields: {}, warnings: [] });
