import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3_600];

/**
 * The process's metrics in a registry of their own, one method per fact. Labels are bounded sets: never ids,
 * keys or text of callers.
 */
export interface Metrics {
  readonly contentType: string;
  /** Prometheus text format. */
  text(): Promise<string>;
  httpRequest(fact: { method: string; route: string; status: number; durationMs: number }): void;
  jobSubmitted(fact: { tier: string; outcome: string }): void;
  jobFinished(fact: { tier: string; status: string; durationMs: number }): void;
  attemptFinished(fact: {
    provider: string;
    model: string;
    /** `ok` or the error's code. */
    outcome: string;
    latencyMs: number;
    queueWaitMs: number;
  }): void;
  attemptCost(fact: { provider: string; model: string; costUsd: number; tokens: number }): void;
  /** A call whose worker was lost before its result was stored: it may be paid twice. */
  attemptAbandoned(fact: { provider: string }): void;
  /** A result that came after its attempt was closed; its usage is booked, the result is dropped. */
  resultDropped(fact: { provider: string }): void;
  permitWait(fact: { provider: string; waitMs: number }): void;
  callsInFlight(fact: { provider: string; change: 1 | -1 }): void;
  webhookDelivery(fact: { outcome: string }): void;
  webhookAttempt(fact: { outcome: 'delivered' | 'failed'; durationMs: number }): void;
  webhookEndpointDisabled(fact: { reason: string }): void;
  /** A receiver is left alone for a while after failures in a row. */
  webhookRest(): void;
  jobRepaired(fact: { reason: string }): void;
  openStreams(count: number): void;
  /** A batch at a provider is done with: collected, given up, or empty. */
  batchEnded(fact: { provider: string; model: string; outcome: string; lines: number; ageMs: number }): void;
  batchLine(fact: { provider: string; model: string; outcome: string }): void;
  /** A job that both a batch and a live call answered: what the later answer cost. */
  batchPaidTwice(fact: { provider: string; model: string; costUsd: number }): void;
  /** A second batch of one run was found at a provider. */
  batchDoubled(fact: { provider: string; model: string }): void;
  redisError(fact: { role: string }): void;
  breakerChanged(fact: { provider: string; model: string; lane: string; from: string; to: string }): void;
  /** A call of one token of the broker's own, whether a target is back; `outcome` as of attempts. */
  probeFinished(fact: { provider: string; model: string; outcome: string; costUsd: number }): void;
  /** The provider refused a key of its pool. */
  providerKeyRetired(fact: { provider: string; key: string; reason: string }): void;
  providerKeysUsable(fact: { provider: string; count: number }): void;
  /** A long prompt went to the key that had served its beginning. */
  affinityCall(fact: { provider: string; promptTokens: number; cacheReadTokens: number }): void;
}

/** @param process.defaults Also collect memory, CPU and event-loop figures. @defaultValue true */
export function createMetrics({ defaults = true }: { defaults?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (defaults) collectDefaultMetrics({ register: registry });
  const registers = [registry];

  function counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `sluice_${name}`, help, labelNames, registers });
  }
  function seconds<Label extends string>(name: string, help: string, labelNames: Label[]): Histogram<Label> {
    return new Histogram({ name: `sluice_${name}_seconds`, help, labelNames, buckets: SECONDS, registers });
  }
  function gauge<Label extends string>(name: string, help: string, labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name: `sluice_${name}`, help, labelNames, registers });
  }

  const httpSeconds = seconds('http_request', 'HTTP requests by route.', ['method', 'route', 'status']);
  const submitted = counter('jobs_submitted_total', 'Submissions by outcome.', ['tier', 'outcome']);
  const jobSeconds = seconds('job', 'Jobs that ended, from submit to end.', ['tier', 'status']);
  const attemptSeconds = seconds('attempt', 'Attempts by outcome.', ['provider', 'model', 'outcome']);
  const queueWaitSeconds = seconds('queue_wait', 'From ready to started.', ['provider']);
  const cost = counter('cost_usd_total', 'US dollars by the price list.', ['provider', 'model']);
  const tokens = counter('tokens_total', 'Tokens used.', ['provider', 'model']);
  const abandoned = counter('attempts_abandoned_total', 'Calls that may be paid twice.', ['provider']);
  const dropped = counter('results_dropped_total', 'Results of attempts already closed.', ['provider']);
  const permitSeconds = seconds('permit_wait', 'Waits for a permit of the limiter.', ['provider']);
  const inFlight = gauge('calls_in_flight', 'Provider calls in flight.', ['provider']);
  const deliveries = counter('webhook_deliveries_total', 'Webhook deliveries by outcome.', ['outcome']);
  const webhookSeconds = seconds('webhook_attempt', 'Attempts to deliver by outcome.', ['outcome']);
  const endpointsDisabled = counter('webhook_endpoints_disabled_total', 'Endpoints disabled by reason.', [
    'reason',
  ]);
  const webhookRests = counter('webhook_rests_total', 'Receivers left alone after failures in a row.', []);
  const repaired = counter('jobs_repaired_total', 'Jobs that the sweeper moved on.', ['reason']);
  const streams = gauge('open_streams', 'Event streams open in this process.', []);
  const batchSeconds = seconds('provider_batch', 'Batches at providers, from intent to end.', [
    'provider',
    'model',
    'outcome',
  ]);
  const batchLines = counter('provider_batch_lines_total', 'Lines of batches by what came of them.', [
    'provider',
    'model',
    'outcome',
  ]);
  const paidTwice = counter('batch_paid_twice_usd_total', 'US dollars of answers that came second.', [
    'provider',
    'model',
  ]);
  const doubled = counter('provider_batches_doubled_total', 'Second batches of one run.', [
    'provider',
    'model',
  ]);
  const redisErrors = counter('redis_errors_total', 'Errors of Redis connections.', ['role']);
  const keysRetired = counter('provider_keys_retired_total', 'Keys that their provider refused.', [
    'provider',
    'key',
    'reason',
  ]);
  const affinityPrompt = counter(
    'affinity_prompt_tokens_total',
    'Prompt tokens of calls that went to the key that had served their beginning.',
    ['provider'],
  );
  const affinityRead = counter('affinity_cache_read_tokens_total', 'Of these, those read from its cache.', [
    'provider',
  ]);
  const keysUsable = gauge('provider_keys_usable', 'Keys that calls may be made with.', ['provider']);

  const breakers = gauge('breaker_state', 'Breakers: 0 closed, 1 ramping, 2 half-open, 3 open.', [
    'provider',
    'model',
    'lane',
  ]);
  const breakerChanges = counter('breaker_changes_total', 'Changes of breakers that this process heard of.', [
    'provider',
    'model',
    'lane',
    'from',
    'to',
  ]);
  const probes = counter('probes_total', 'Calls of the broker that test a target.', [
    'provider',
    'model',
    'outcome',
  ]);
  const overhead = counter('overhead_cost_usd_total', 'US dollars that no job is charged.', [
    'provider',
    'model',
    'kind',
  ]);

  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    httpRequest: ({ method, route, status, durationMs }) =>
      httpSeconds.observe({ method, route, status: String(status) }, durationMs / 1_000),
    jobSubmitted: (fact) => submitted.inc(fact),
    jobFinished: ({ tier, status, durationMs }) => jobSeconds.observe({ tier, status }, durationMs / 1_000),
    attemptFinished: ({ provider, model, outcome, latencyMs, queueWaitMs }) => {
      attemptSeconds.observe({ provider, model, outcome }, latencyMs / 1_000);
      queueWaitSeconds.observe({ provider }, queueWaitMs / 1_000);
    },
    attemptCost: ({ provider, model, costUsd, tokens: count }) => {
      cost.inc({ provider, model }, costUsd);
      tokens.inc({ provider, model }, count);
    },
    attemptAbandoned: (fact) => abandoned.inc(fact),
    resultDropped: (fact) => dropped.inc(fact),
    permitWait: ({ provider, waitMs }) => permitSeconds.observe({ provider }, waitMs / 1_000),
    callsInFlight: ({ provider, change }) => inFlight.inc({ provider }, change),
    webhookDelivery: (fact) => deliveries.inc(fact),
    webhookAttempt: ({ outcome, durationMs }) => webhookSeconds.observe({ outcome }, durationMs / 1_000),
    webhookEndpointDisabled: (fact) => endpointsDisabled.inc(fact),
    webhookRest: () => webhookRests.inc(),
    jobRepaired: (fact) => repaired.inc(fact),
    batchEnded: ({ provider, model, outcome, ageMs }) =>
      batchSeconds.observe({ provider, model, outcome }, ageMs / 1_000),
    batchLine: (fact) => batchLines.inc(fact),
    batchPaidTwice: ({ provider, model, costUsd }) => paidTwice.inc({ provider, model }, costUsd),
    batchDoubled: (fact) => doubled.inc(fact),
    openStreams: (count) => streams.set(count),
    redisError: (fact) => redisErrors.inc(fact),
    breakerChanged: ({ provider, model, lane, from, to }) => {
      breakers.set({ provider, model, lane }, BREAKER_LEVELS[to] ?? 0);
      breakerChanges.inc({ provider, model, lane, from, to });
    },
    probeFinished: ({ provider, model, outcome, costUsd }) => {
      probes.inc({ provider, model, outcome });
      overhead.inc({ provider, model, kind: 'probe' }, costUsd);
    },
    providerKeyRetired: (fact) => keysRetired.inc(fact),
    affinityCall({ provider, promptTokens, cacheReadTokens }) {
      affinityPrompt.inc({ provider }, promptTokens);
      affinityRead.inc({ provider }, cacheReadTokens);
    },
    providerKeysUsable: ({ provider, count }) => keysUsable.set({ provider }, count),
  };
}

const BREAKER_LEVELS: Readonly<Record<string, number>> = {
  closed: 0,
  forced_closed: 0,
  ramping: 1,
  half_open: 2,
  open: 3,
  forced_open: 3,
};
