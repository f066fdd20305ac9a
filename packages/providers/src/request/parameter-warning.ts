import type { Warning } from '@sluice/contracts';

/** The parameter was left out of the vendor's request. */
export function parameterDropped(param: string, why: string): Warning {
  return { code: 'parameter_dropped', message: `${param} was not sent: ${why}.`, param };
}

/** The parameter was sent with another value. */
export function parameterChanged(param: string, how: string): Warning {
  return { code: 'parameter_changed', message: `${param} was changed: ${how}.`, param };
}
