import {
  parseTarget,
  type ChatDelta,
  type ChatRequest,
  type Lane,
  type Target,
  type Warning,
} from '@sluice/contracts';
import { mediaTokens, priceRequest, promptBytes, type ModelCatalogue, type TokenLearner } from '@sluice/core';
import type { AttemptEnd, JobRecord } from '@sluice/broker';
import type { ProviderOutcome } from '@sluice/providers';
import { createDeltaWriter } from './delta-writer.ts';
import { asFlexCall } from './flex-call.ts';
import type { PoolKey } from './key-pool.ts';
import type { ProviderRuntime } from './provider-runtime.ts';
import type { RenderedForTarget } from './render-for-target.ts';
import { retryWhileRedisIsAway } from './retry-while-redis-is-away.ts';
import { wholeAnswerDeltas } from './whole-answer-deltas.ts';

type RewriteStream = (deltas: readonly ChatDelta[]) => Promise<boolean>;

export interface CallResult {
  outcome: ProviderOutcome;
  attemptEnd: AttemptEnd;
  /** Name of the key that the call was made with. */
  key: string;
  /** Text of this attempt has reached the job's stream. */
  streamed: boolean;
}

/** Calls the provider for one attempt and prices what came back. Never throws. */
export async function callProvider({
  job,
  rendered,
  target,
  provider,
  key,
  lane = 'live',
  flexTimeoutMs,
  catalogue,
  learner,
  signal,
  writeDelta,
  rewriteStream,
  onAnswer,
  onFenced,
}: {
  job: JobRecord & { request: ChatRequest };
  /** The request as this target gets it. */
  rendered: RenderedForTarget;
  target: Target;
  provider: ProviderRuntime;
  key: PoolKey;
  /** @defaultValue live */
  lane?: Lane;
  flexTimeoutMs: number;
  catalogue: ModelCatalogue;
  learner: TokenLearner;
  signal: AbortSignal;
  writeDelta: Parameters<typeof createDeltaWriter>[0]['write'];
  /** Declares the stream void and writes it anew; may be repeated. */
  rewriteStream: RewriteStream;
  /** The provider has answered or failed, whatever becomes of it here. */
  onAnswer: (outcome: ProviderOutcome, latencyMs: number) => Promise<void>;
  onFenced: () => void;
}): Promise<CallResult> {
  const { entry, vendor, priceVersion, warning } = catalogue.resolve(target);
  const deltas = createDeltaWriter({ write: writeDelta, onFenced });
  const startedAt = performance.now();
  const call = {
    model: parseTarget(target)?.model ?? target,
    entry,
    request: rendered.request,
    signal,
    timeouts: provider.timeouts,
  };
  const sent = lane === 'flex' ? asFlexCall(call, flexTimeoutMs) : call;
  let outcome = await provider.keys.withKey(key, (adapter) =>
    adapter.call(job.request.stream ? { ...sent, onDelta: deltas.push } : sent),
  );
  const latencyMs = Math.round(performance.now() - startedAt);
  await onAnswer(outcome, latencyMs);
  try {
    await deltas.end();
  } catch (error) {
    outcome = await mendStream(outcome, { error, job, rewriteStream });
  }

  const { usage } = outcome;
  const serviceTier = outcome.status === 'ok' ? outcome.completion.service_tier : null;
  const upstreamUsd = outcome.costUsd ?? null;
  const price = upstreamUsd === null && usage ? priceRequest({ usage, entry, serviceTier }) : null;
  const warnings = [...(warning ? [warning] : []), ...rendered.warnings, ...outcome.warnings];
  if (price && !price.known) warnings.push(priceUnknown(target));
  outcome = { ...outcome, warnings };
  if (outcome.status === 'ok') {
    learner.observe(target, {
      promptBytes: promptBytes(job.request),
      // What images and files take is no matter of bytes of text.
      promptTokens: outcome.usage.prompt_tokens - mediaTokens(job.request, vendor),
    });
  }
  return {
    outcome,
    key: key.name,
    streamed: deltas.used,
    attemptEnd: {
      status:
        outcome.status === 'ok' ? 'succeeded' : outcome.error.code === 'cancelled' ? 'cancelled' : 'failed',
      error: outcome.status === 'ok' ? null : outcome.error,
      usage,
      cost_usd: upstreamUsd ?? price?.costUsd ?? null,
      price_version: upstreamUsd !== null ? 'upstream' : price ? priceVersion : null,
      first_token_ms: outcome.firstTokenMs === null ? null : Math.round(outcome.firstTokenMs),
      latency_ms: latencyMs,
    },
  };
}

function priceUnknown(target: Target): Warning {
  return {
    code: 'price_unknown',
    message: `No price is known for ${target}: its cost counts as nothing. Give one under models in sluice.yaml.`,
    param: null,
    target,
  };
}

/**
 * The answer is there, its stream has a hole: the stream begins anew with the whole answer, so that nothing is paid
 * twice. A caller who does not want that gets a truncated attempt.
 */
async function mendStream(
  outcome: ProviderOutcome,
  {
    error,
    job,
    rewriteStream,
  }: {
    error: unknown;
    job: JobRecord;
    rewriteStream: RewriteStream;
  },
): Promise<ProviderOutcome> {
  if (outcome.status === 'error') return outcome;
  if (job.options.onStreamFailure === 'restart') {
    const { completion } = outcome;
    await retryWhileRedisIsAway(() => rewriteStream(wholeAnswerDeltas(completion)));
    return outcome;
  }
  return {
    status: 'error',
    error: {
      code: 'truncated',
      message: `The stream could not be stored: ${error instanceof Error ? error.message : String(error)}`,
      status: null,
      retryable: true,
      failover: true,
      retry_after_ms: null,
    },
    usage: outcome.usage,
    warnings: outcome.warnings,
    firstTokenMs: outcome.firstTokenMs,
    rateLimit: outcome.rateLimit,
  };
}
