import { ApiError, type ChatRequest, type Target, type Warning } from '@sluice/contracts';
import { checkRequest } from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';

/**
 * The targets of a chain that can take a request, with a warning for each that was left out: a call that is sure to
 * be refused is not worth an attempt.
 * @throws ApiError `no_eligible_target`, naming every target and why, when none is left.
 */
export function eligibleChain(
  { chain, request }: { chain: readonly Target[]; request: ChatRequest },
  { resolveModel }: Pick<ApiDeps, 'resolveModel'>,
): { chain: readonly Target[]; warnings: readonly Warning[] } {
  const kept: Target[] = [];
  const warnings: Warning[] = [];
  const refusals: { target: Target; message: string; param: string | null }[] = [];
  for (const target of chain) {
    const { entry, vendor } = resolveModel(target);
    const check = checkRequest({ request, target, entry, vendor });
    if (check.status === 'ok') {
      kept.push(target);
      warnings.push(...check.warnings);
    } else {
      const { message, param } = check;
      refusals.push({ target, message, param });
      warnings.push({ code: 'target_skipped', message, param, target });
    }
  }
  if (kept.length > 0) return { chain: kept, warnings };
  const reasons = refusals.map(({ target, message }) =>
    message.includes(target) ? message : `${target}: ${message}`,
  );
  const params = new Set(refusals.map(({ param }) => param));
  throw new ApiError(
    'no_eligible_target',
    `No target of the chain can take the request. ${[...new Set(reasons)].join(' ')}`,
    { param: params.size === 1 ? (refusals[0]?.param ?? null) : null },
  );
}
