import type { Redis } from 'ioredis';
import { abortablePause } from './abortable-pause.ts';
import type { Applicant } from './ask-for-permit.ts';
import { askForPermits } from './ask-for-permit.ts';
import { createHintSender } from './create-hint-sender.ts';
import { createOutageReporter } from './create-outage-reporter.ts';
import type { GatedCall } from './gate.ts';
import { GateKeeper } from './gate-keeper.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { isLimited } from './limit-book.ts';
import { createLimitSource } from './limit-source.ts';
import { arrivalJitterOf } from './arrival-jitter-of.ts';
import type { LimiterChanges } from './limiter-changes.ts';
import { limiterKeys } from './limiter-keys.ts';
import { createNeighbourWatch } from './create-neighbour-watch.ts';
import { createPauseBoard } from './pause-board.ts';
import type { LeaseName, Settlement } from './permit-scripts.ts';
import { createPermitScripts } from './permit-scripts.ts';
import { PermitCall } from './permit-call.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type {
  LimiterReport,
  Permit,
  PermitOutcome,
  PermitRequest,
  ProviderLimiter,
  ProviderLimits,
} from './provider-limiter.ts';
import { createQueuedTokens } from './queued-tokens.ts';
import { readLimiterReport } from './read-limiter-report.ts';
import { readProcessIdentity } from './read-process-identity.ts';
import { runUnlimited } from './run-unlimited.ts';
import { keyOfToken, keyTokens } from './scope-names.ts';

/** The least that calls are told which gave up waiting: nobody knows when a slot is freed. */
const UNKNOWN_READY_MS = 100;
/** A claim fills between once and twice as fast as promised, so it is looked at again after half of the time. */
const CLAIM_LOOK_SHARE = 0.5;
const LEAST_CLAIM_LOOK_MS = 5;

export interface ProviderLimiterOptions {
  /**
   * Borrowed, and used by limiters only. Make it with `limiterRedisOptions`, so that nothing is queued or sent
   * again behind the limiter's back.
   */
  redis: Redis;
  /** Start of every key, for example `sluice`. */
  prefix: string;
  provider: string;
  limits: ProviderLimits;
  /** Hears of each outage of Redis once, not of each failed try. */
  onError: (error: Error) => void;
  /**
   * Borrowed. Without it, limits and pauses of other processes are heard of with the next permit that is asked for,
   * and not at all while nothing is limited here.
   */
  changes?: LimiterChanges;
  /** Who holds the permits, for `report`. @defaultValue `-` */
  worker?: string;
  /**
   * By what other processes of this machine can see that this one is gone.
   * @defaultValue what Linux says of this process; null elsewhere
   */
  identity?: ProcessIdentity | null;
  /** How long a refusal without `Retry-After` pauses the provider, in milliseconds, ± half. @defaultValue 2000 */
  defaultPauseMs?: number;
  /** How long the slot of a killed process stays taken, in milliseconds. @defaultValue 25000 */
  leaseMs?: number;
  /** How often leases are renewed, in milliseconds. @defaultValue 5000 */
  renewEveryMs?: number;
  /** How long one script may take, in milliseconds. @defaultValue 2000 */
  scriptTimeoutMs?: number;
}

type AnyCall = GatedCall & Applicant & { asking: boolean; abort(): void };

/**
 * The gate before every call of a provider. The limits given here are in force for all processes from the first
 * permit on, as if given to `setLimits`. A process in which nothing is limited sends nothing to Redis.
 */
export function createProviderLimiter(options: ProviderLimiterOptions): ProviderLimiter {
  const { leaseMs = 25_000, renewEveryMs = 5_000, scriptTimeoutMs: timeoutMs = 2_000 } = options;
  const reportOutage = createOutageReporter((error) => {
    if (!closed) options.onError(error);
  });
  const { redis, worker = '-' } = options;
  const keys = limiterKeys(options.prefix, options.provider);
  const identity = options.identity === undefined ? readProcessIdentity() : options.identity;
  const scripts = createPermitScripts({ redis, keys, leaseMs, renewEveryMs, timeoutMs, worker, identity });
  const calls = new Set<AnyCall>();
  const inFlight = new Set<Promise<unknown>>();
  const stopping = new AbortController();
  let closing: Promise<void> | null = null;
  let closed = false;

  const gates = new GateKeeper({
    async acquire(gated) {
      const asking = gated as [AnyCall, ...AnyCall[]];
      for (const call of asking) call.asking = true;
      const asked = askForPermits(askDeps, asking);
      inFlight.add(asked);
      const answers = await asked;
      inFlight.delete(asked);
      for (const call of asking) call.asking = false;
      return answers;
    },
    onError: (error) => options.onError(error instanceof Error ? error : new Error(String(error))),
  });
  const limits = createLimitSource({
    scripts,
    limits: options.limits,
    onError: reportOutage,
    onChange: () => gates.retryAll(['rate', 'concurrency']),
  });
  const pauses = createPauseBoard((token) => limits.current().accounts.has(keyOfToken(token) ?? ''));
  const isPaused = (of: { keyTokens: readonly string[] }): boolean => of.keyTokens.every(pauses.isPaused);
  const leases = new LeaseKeeper({ scripts, leaseMs, renewEveryMs, onError: reportOutage });
  const watch = createNeighbourWatch({
    scripts,
    arrivalJitterMs: () => arrivalJitterOf(limits.current().limits),
    onError: reportOutage,
  });
  const askDeps = {
    scripts,
    limits,
    isPaused,
    onNeighbours: watch,
    retryAtMostMs: renewEveryMs,
    onError: reportOutage,
  };
  const learn = createHintSender({
    scripts,
    book: limits.current,
    pauses,
    defaultPauseMs: options.defaultPauseMs ?? 2_000,
    onError: reportOutage,
    track: (sent) => {
      inFlight.add(sent);
      void sent.finally(() => inFlight.delete(sent));
    },
  });
  const queuedTokens = createQueuedTokens({ scripts, limits });
  const stopListening = options.changes?.listen(keys.channel, {
    onLimits: (revision) => limits.follow(revision),
    onPaused: ({ key, pausedMs }) => pauses.add(key, pausedMs),
    onSlot: (holder) => {
      if (holder === scripts.holder) gates.retryAll(['concurrency']);
    },
    onGap: () => void limits.restore(),
  });

  function release(lease: LeaseName, settlement: Settlement): void {
    leases.release(lease, settlement);
    // Redis serves the connection in order, so whoever asks from here on finds the lease gone.
    gates.wake(lease.model, settlement.kind === 'keep' ? ['concurrency'] : ['concurrency', 'rate']);
  }

  /** One wait in the queue of its target, and the call if it gets its permit. */
  async function passGate<Value>(
    request: PermitRequest,
    { call, waitUntilMs }: { call: (permit: Permit) => Promise<Value>; waitUntilMs: number },
  ): Promise<PermitOutcome<Value>> {
    const waiting = new PermitCall({
      request,
      call,
      waitUntilMs,
      hold: (lease) => leases.hold(lease),
      release,
      learn,
      isPaused: pauses.isPaused,
    });
    const gate = gates.gateFor(request.model);
    const abort = () => {
      // What is asked for may be a claim that nobody has heard of yet.
      if (waiting.asking) dropClaim(request);
      waiting.abort();
      gate.skipEnded();
    };
    const giveUp = () => {
      if (waiting.asking) return;
      const refusal = gate.refusal();
      waiting.postpone(Math.max(refusal?.leftMs ?? 0, UNKNOWN_READY_MS), refusal?.cause ?? 'rate');
      gate.skipEnded();
    };
    const patienceMs = waitUntilMs - performance.now();
    const timer = Number.isFinite(patienceMs) ? setTimeout(giveUp, Math.max(0, patienceMs)) : undefined;
    calls.add(waiting);
    request.signal.addEventListener('abort', abort, { once: true });
    try {
      void gate.pass(waiting);
      return await waiting.outcome;
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', abort);
      calls.delete(waiting);
    }
  }

  async function runLimited<Value>(
    request: PermitRequest,
    call: (permit: Permit) => Promise<Value>,
  ): Promise<PermitOutcome<Value>> {
    const waitUntilMs = performance.now() + (request.maxWaitMs ?? Infinity);
    let claimed = false;
    for (;;) {
      const outcome = await passGate(request, { call, waitUntilMs });
      if (outcome.status === 'aborted' && claimed) dropClaim(request);
      if (outcome.status !== 'postponed' || outcome.reason !== 'claim') return outcome;
      claimed = true;
      if (performance.now() + outcome.readyInMs > waitUntilMs) return outcome;
      const lookAgainMs = Math.max(LEAST_CLAIM_LOOK_MS, outcome.readyInMs * CLAIM_LOOK_SHARE);
      await abortablePause(Math.min(lookAgainMs, renewEveryMs), [request.signal, stopping.signal]);
      if (request.signal.aborted || stopping.signal.aborted) {
        dropClaim(request);
        return { status: 'aborted' };
      }
    }
  }

  function dropClaim(request: PermitRequest): void {
    const { model, key, claimId = request.reservationId } = request;
    const dropped = scripts.dropClaim(claimId, { model, keyTokens: keyTokens(key) });
    inFlight.add(dropped);
    void dropped.finally(() => inFlight.delete(dropped));
  }

  async function report(): Promise<LimiterReport> {
    return readLimiterReport(scripts, limits.current());
  }

  async function close(): Promise<void> {
    stopListening?.();
    stopping.abort();
    for (const call of calls) call.stop();
    await gates.close();
    // What was asked for before may still be granted; it is given back as it comes.
    await Promise.all(inFlight);
    await leases.close();
    closed = true;
  }

  return {
    async run(request, call) {
      if (closing !== null || request.signal.aborted) return { status: 'aborted' };
      const { model } = request;
      const tokens = keyTokens(request.key);
      const free = tokens.find((token) => !pauses.isPaused(token));
      const names = tokens.map((token) => keyOfToken(token) ?? '');
      if (free !== undefined && !isLimited(limits.current(), model, names)) {
        const lease = { member: ` ${model}`, model, key: free };
        return runUnlimited(request, {
          key: keyOfToken(free),
          call,
          learn: (hint) => learn(lease, hint),
        });
      }
      return runLimited(request, call);
    },
    setLimits(next) {
      const wasLimited = !limits.current().unlimited;
      limits.set(next);
      // Others may go by the old ones until they are told that there are none any more.
      if (closing === null && (wasLimited || !limits.current().unlimited)) void limits.publish();
    },
    async states() {
      return limits.current().unlimited ? [] : (await report()).states;
    },
    report,
    takeQueuedTokens: queuedTokens.take,
    releaseQueuedTokens: queuedTokens.release,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
