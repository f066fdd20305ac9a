import { parseTarget } from '@sluice/contracts';
import type { Logger, Metrics } from '@sluice/runtime';
import type { RunJobObserver } from './settle-attempt.ts';

/** Turns what happens to jobs into metrics and one log line each. */
export function observeJobs({
  metrics,
  logger,
  provider,
}: {
  metrics: Metrics;
  logger: Logger;
  provider: string;
}): RunJobObserver {
  return {
    attemptEnded(job, target, end) {
      const model = parseTarget(target)?.model ?? target;
      const outcome = end.error?.code ?? 'ok';
      const waitedMs = Math.max(
        0,
        Date.now() - (end.latency_ms ?? 0) - Math.max(job.readyAtMs, job.createdAtMs),
      );
      metrics.attemptFinished({
        provider,
        model,
        outcome,
        latencyMs: end.latency_ms ?? 0,
        queueWaitMs: waitedMs,
      });
      if (end.usage) {
        metrics.attemptCost({ provider, model, costUsd: end.cost_usd ?? 0, tokens: end.usage.total_tokens });
      }
      logger.debug({ jobId: job.id, target, outcome, latencyMs: end.latency_ms }, 'attempt ended');
    },
    jobEnded(job, status) {
      metrics.jobFinished({ tier: job.tier, status, durationMs: Math.max(0, Date.now() - job.createdAtMs) });
      logger.info({ jobId: job.id, status }, 'job ended');
    },
    resultDropped: () => metrics.resultDropped({ provider }),
    attemptAbandoned: () => metrics.attemptAbandoned({ provider }),
    callsInFlight: (change) => metrics.callsInFlight({ provider, change }),
  };
}
