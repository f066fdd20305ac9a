import type { ChatRequest, Warning } from '@sluice/contracts';
import type { ProviderCall } from '../provider-adapter.ts';
import { parameterDropped } from '../request/parameter-warning.ts';
import type { BatchLine } from './provider-batch-adapter.ts';

/** Fetching the files that a line names by URL. */
const RENDER_TIMEOUT_MS = 120_000;

/**
 * A line as the call that would be made of it, for the code that renders live requests. A batch is a tier of its own,
 * so none is asked for.
 */
export function lineCall({ model, entry, request }: BatchLine): { call: ProviderCall; warnings: Warning[] } {
  const { service_tier: tier, ...rest } = request;
  const warnings =
    tier === 'priority' ? [parameterDropped('service_tier', 'a batch is served at its own tier')] : [];
  return {
    call: {
      model,
      entry,
      request: rest as ChatRequest,
      // Made when it is asked for: few lines name files, and there may be 100,000 of them.
      get signal() {
        return AbortSignal.timeout(RENDER_TIMEOUT_MS);
      },
      timeouts: {
        connect_ms: RENDER_TIMEOUT_MS,
        first_token_ms: RENDER_TIMEOUT_MS,
        total_ms: RENDER_TIMEOUT_MS,
      },
    },
    warnings,
  };
}
