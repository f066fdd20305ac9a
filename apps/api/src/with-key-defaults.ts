import type { ApiKeyDefaults } from '@sluice/contracts';

/**
 * A job's options as they were sent, filled up from the defaults of the caller's key. A default route gives way to
 * whatever names targets, a default lifetime to whatever names an end. Comes before validation: what is no object is
 * left to that.
 */
export function withKeyDefaults(sent: unknown, defaults: ApiKeyDefaults | null): unknown {
  if (!defaults || typeof sent !== 'object' || sent === null || Array.isArray(sent)) return sent;
  const options = sent as Record<string, unknown>;
  const { route, within, ...others } = defaults;
  const request = options['request'] as { model?: unknown } | null | undefined;
  const namesTargets = options['route'] ?? options['chain'] ?? request?.model;
  const namesEnd = options['within'] ?? options['deadline'];
  return {
    ...others,
    ...(route !== undefined && namesTargets === undefined ? { route } : {}),
    ...(within !== undefined && namesEnd === undefined ? { within } : {}),
    ...options,
  };
}
