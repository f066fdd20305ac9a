import type { ChatRequest, Target } from '@sluice/contracts';
import { BY_MERIT, promptPrefix } from '@sluice/core';
import type { ApiDeps } from './api-deps.ts';

/**
 * The target that has served a prompt of the same long beginning lately, for routes that choose among equals. Null when
 * none is known, or Redis is away: that costs a cache miss.
 */
export async function warmTargetFor(
  request: ChatRequest,
  { config, warmPrompts }: Pick<ApiDeps, 'config' | 'warmPrompts'>,
): Promise<Target | null> {
  if (!Object.values(config().routes).some(({ strategy }) => BY_MERIT.has(strategy))) return null;
  const prefix = promptPrefix(request);
  return prefix === null ? null : warmPrompts.targetFor(prefix).catch(() => null);
}
