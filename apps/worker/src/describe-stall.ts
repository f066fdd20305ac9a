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
    const { inflight, held, lastTicketMsAgo } = drain.state();
    const { waiting } = await backlog.depth(provider);
    const anyWaiting = waiting.priority + waiting.standard + waiting.flex > 0;
    const idle = inflight === 0 && held === 0 && (lastTicketMsAgo ?? 0) > STALLED_AFTER_MS;
    if (anyWaiting && idle)
      return `${provider}: jobs wait and nothing was started for ${Math.round((lastTicketMsAgo ?? 0) / 1_000)} s`;
  }
  return null;
}
