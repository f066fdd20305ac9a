import { randomUUID } from 'node:crypto';
import { formatTarget, type ChatRequest, type Lane } from '@sluice/contracts';
import {
  breakerPolicy,
  priceRequest,
  type Breaker,
  type CallVerdict,
  type ModelCatalogue,
} from '@sluice/core';
import type { HealthBoard, HealthSubject } from '@sluice/broker';
import type { ProviderOutcome } from '@sluice/providers';
import type { BreakerConfig } from '@sluice/contracts';
import type { Metrics } from '@sluice/runtime';
import type { PoolKey } from './key-pool.ts';
import type { ProviderRuntime } from './provider-runtime.ts';
import type { CallPass, TargetHealth } from './target-health.ts';

const LOOK_EVERY_MS = 500;
/** A job that waits tests the target itself, and that costs nothing. */
const JOBS_FIRST_MS = 2_000;
const PERMIT_WAIT_MS = 2_000;
/** What a model refuses of so short a request, it has read. */
const ANSWERED = new Set(['invalid_request', 'context_window', 'content_filter']);

/**
 * Tests targets whose cool-down is over and that no job has tested: one call of one token, with the same adapter,
 * permit and key as a job's. Only one process makes it, because the breaker gives one place. The returned function
 * ends it and the calls under way.
 */
export function probeTargets({
  providers,
  board,
  targets,
  catalogue,
  settings,
  nowMs,
  metrics,
  onError,
}: {
  providers: readonly ProviderRuntime[];
  board: HealthBoard;
  targets: TargetHealth;
  catalogue: ModelCatalogue;
  settings: () => BreakerConfig;
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  metrics: Metrics;
  onError: (error: unknown) => void;
}): () => void {
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const running = new Set<string>();
  const control = new AbortController();

  const look = (): void => {
    if (!settings().probe || !settings().enabled) return;
    for (const { subject, breaker } of board.all()) {
      const provider = byName.get(subject.provider);
      const id = `${subject.provider} ${subject.lane} ${subject.model}`;
      if (!provider || running.has(id) || !isDue(breaker, subject.lane)) continue;
      running.add(id);
      void probe(provider, subject)
        .catch(onError)
        .finally(() => running.delete(id));
    }
  };

  /** The vendor's Batch API is tested by batches. */
  const isDue = ({ phase, forced }: Breaker, lane: Lane): boolean => {
    if (forced || lane === 'batch') return false;
    const graceMs = Math.min(JOBS_FIRST_MS, breakerPolicy(settings()).cooldownMs);
    if (phase.state === 'open') return nowMs() >= phase.untilMs + graceMs;
    return phase.state === 'half_open' && nowMs() >= phase.probeUntilMs && nowMs() >= phase.sinceMs + graceMs;
  };

  const probe = async (provider: ProviderRuntime, subject: HealthSubject): Promise<void> => {
    const target = formatTarget(subject);
    const keys = provider.keys.usable().map(({ name }) => name);
    if (keys.length === 0) return;
    const pass = await targets.admit(target, subject.lane);
    if (pass.status === 'refused') return;
    try {
      await provider.limiter.run(
        {
          model: subject.model,
          reservationId: randomUUID(),
          key: keys,
          estimate: { inputTokens: 16, outputTokens: 1 },
          maxWaitMs: PERMIT_WAIT_MS,
          signal: control.signal,
        },
        async (permit) => {
          const key = provider.keys.get(permit.key ?? '');
          if (!key) return permit.giveBack();
          const { outcome, totalMs } = await call(provider, key, subject);
          provider.keys.judge(key, outcome.status === 'ok' ? null : outcome.error);
          const tokens = outcome.usage;
          if (tokens) {
            permit.settle({ inputTokens: tokens.prompt_tokens, outputTokens: tokens.completion_tokens });
          }
          await settle(pass, { outcome, totalMs, subject });
        },
      );
    } finally {
      pass.release();
    }
  };

  const call = async (
    { keys, timeouts }: ProviderRuntime,
    key: PoolKey,
    subject: HealthSubject,
  ): Promise<{ outcome: ProviderOutcome; totalMs: number }> => {
    const startedAt = performance.now();
    const { entry } = catalogue.resolve(formatTarget(subject));
    const timeout = AbortSignal.timeout(breakerPolicy(settings()).probeTimeoutMs);
    const signal = AbortSignal.any([control.signal, timeout]);
    const request = probeRequest(subject.lane);
    const outcome = await keys.withKey(key, (adapter) =>
      adapter.call({ model: subject.model, entry, request, signal, timeouts }),
    );
    const totalMs = performance.now() - startedAt;
    // No answer in time is an answer; that this process stops is none.
    if (!timeout.aborted || control.signal.aborted || outcome.status === 'ok') return { outcome, totalMs };
    return { outcome: { ...outcome, error: { ...outcome.error, code: 'timeout' } }, totalMs };
  };

  const settle = async (
    pass: CallPass,
    { outcome, totalMs, subject }: { outcome: ProviderOutcome; totalMs: number; subject: HealthSubject },
  ): Promise<void> => {
    const code = outcome.status === 'ok' ? 'ok' : outcome.error.code;
    const verdict: { verdict?: CallVerdict } = ANSWERED.has(code) ? { verdict: 'ok' } : {};
    const { entry } = catalogue.resolve(formatTarget(subject));
    const price = outcome.usage && priceRequest({ usage: outcome.usage, entry, serviceTier: null });
    metrics.probeFinished({
      provider: subject.provider,
      model: subject.model,
      outcome: code,
      costUsd: price?.costUsd ?? 0,
    });
    await pass.settle(outcome, { totalMs, tier: null, ...verdict });
  };

  const timer = setInterval(look, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    control.abort('shutdown');
  };
}

function probeRequest(lane: Lane): ChatRequest {
  return {
    messages: [{ role: 'user', content: 'Hi' }],
    max_completion_tokens: 1,
    ...(lane === 'flex' ? { service_tier: 'flex' as const } : {}),
  } as ChatRequest;
}
