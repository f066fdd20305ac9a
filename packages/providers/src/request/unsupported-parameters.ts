import type { ChatRequest, Warning } from '@sluice/contracts';
import { parameterDropped } from './parameter-warning.ts';
import { SAMPLING_DEFAULTS } from './sampling-defaults.ts';

/**
 * A warning for each of `params` that the request sets, as the vendor has no such parameter, and for `store` and the
 * caller's `metadata`, as vendors are not asked to keep answers. Values that ask for nothing (`logprobs: false`) need none.
 */
export function unsupportedParameters(
  request: ChatRequest,
  params: readonly (keyof ChatRequest)[],
  vendorName: string,
): Warning[] {
  const warnings = params
    .filter((param) => asksForSomething(param, request[param]))
    .map((param) => parameterDropped(param, `${vendorName} has no such parameter`));
  if (request.store)
    warnings.push(parameterDropped('store', 'the answer is kept with the job, not by the vendor'));
  if (request.metadata !== undefined && Object.keys(request.metadata).length > 0) {
    warnings.push(
      parameterDropped('metadata', 'it is kept with the job; providers take it only with stored answers'),
    );
  }
  return warnings;
}

function asksForSomething(param: keyof ChatRequest, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false;
  if (value === SAMPLING_DEFAULTS[param]) return false;
  return !(typeof value === 'object' && Object.keys(value).length === 0);
}
