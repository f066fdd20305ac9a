import { ApiError } from '@sluice/contracts';

/** The same for an id that does not exist and for one of another tenant. */
export function jobNotFound(id: string): ApiError {
  return new ApiError('not_found', `There is no job ${id.slice(0, 80)}.`, { param: 'id' });
}
