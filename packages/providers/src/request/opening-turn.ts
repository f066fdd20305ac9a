import type { Warning } from '@sluice/contracts';
import { EMPTY_TEXT } from './build-conversation.ts';
import { parameterChanged } from './parameter-warning.ts';

/** For vendors that refuse a conversation which the assistant begins, as one with a greeting does. */
export function openingWarning(): Warning {
  return parameterChanged(
    'messages',
    `the user says "${EMPTY_TEXT}" first, as the provider takes no conversation that begins so`,
  );
}
