import type { Backlog } from '@sluice/broker';
import type { ProviderDrain } from './drain-provider.ts';

const STALLED_AFTER_MS = 30_000;

/**
 * Why this worker does not make progress; null when it does. A PING would say nothing: a worker may hold a live
 * connection and take no tickets. Rejects when Redis is away.
 */
export async function describeStall({
  drains,
  backlog,
}: {
  drains: ReadonlyMap<string, ProviderDrain>;
  backlog: Backlog;
}): Promise<string | null> {
  for (const [provider, drain] of drains) {
    const { inflight, held, quietMs } = drain.state();
    if (inflight > 0 || held > 0 || quietMs < STALLED_AFTER_MS) continue;
    const { waiting } = await backlog.depth(provider);
    if (drain.tiers.some((tier) => waiting[tier] > 0)) {
      return `${provider}: jobs wait and nothing was started for ${Math.round(quietMs / 1_000)} s`;
    }
  }
  return null;
}
