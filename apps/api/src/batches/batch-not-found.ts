import { ApiError } from '@sluice/contracts';

export function batchNotFound(id: string): ApiError {
  return new ApiError('not_found', `There is no batch ${id.slice(0, 80)}.`, { param: 'id' });
}
