import type { Warning } from '@sluice/contracts';
import { parameterChanged } from './parameter-warning.ts';

/** What the user is made to say ahead of an assistant who speaks first: as good as nothing, which is refused. */
export const OPENING_TEXT = '.';

/** For vendors that refuse a conversation which the assistant begins, as one with a greeting does. */
export function openingWarning(): Warning {
  return parameterChanged(
    'messages',
    `the user says "${OPENING_TEXT}" first, as the provider takes no conversation that begins so`,
  );
}
