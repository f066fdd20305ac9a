import type { ApiKeyScope } from '@sluice/contracts';
import type { Caller } from './caller.ts';

/** Whether a caller may do what a scope stands for; one with `admin` may do everything. */
export function hasScope({ scopes }: Pick<Caller, 'scopes'>, scope: ApiKeyScope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}
