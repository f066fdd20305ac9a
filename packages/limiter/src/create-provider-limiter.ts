import type { Redis } from 'ioredis';
import type { Applicant } from './ask-for-permit.ts';
import { askForPermit } from './ask-for-permit.ts';
import { createOutageReporter } from './create-outage-reporter.ts';
import type { GatedCall } from './gate.ts';
import { Gate } from './gate.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { isLimited } from './limit-book.ts';
import { createLimitSource } from './limit-source.ts';
import { limiterKeys } from './limiter-keys.ts';
import type { LeaseName, Settlement } from './permit-scripts.ts';
import { createPermitScripts } from './permit-scripts.ts';
import type { RefusalCause } from './permit-store.ts';
import { PermitCall } from './permit-call.ts';
import type {
  PermitOutcome,
  PermitRequest,
  Permit,
  ProviderLimiter,
  ProviderLimits,
} from './provider-limiter.ts';
import { readLimitStates } from './read-limit-states.ts';
import { runUnlimited } from './run-unlimited.ts';

/** What one call frees, one other call can take: waking more would only make more of them ask. */
const GATES_WOKEN = 4;
/** Above this many targets, gates without calls are dropped; they are made anew when needed. */
const GATES_KEPT = 256;

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
  /** How long the slot of a killed process stays taken, in milliseconds. @defaultValue 25000 */
  leaseMs?: number;
  /** How often leases are renewed, in milliseconds. @defaultValue 5000 */
  renewEveryMs?: number;
  /** How long one script may take, in milliseconds. @defaultValue 2000 */
  scriptTimeoutMs?: number;
}

type AnyCall = GatedCall & Applicant & { abort(): void };

/**
 * The gate before every call of a provider. The limits given here are in force for all processes from the first
 * permit on, as if given to `setLimits`. A process in which nothing is limited sends nothing to Redis, and so does
 * not hear of limits that another one sets.
 */
export function createProviderLimiter(options: ProviderLimiterOptions): ProviderLimiter {
  const { leaseMs = 25_000, renewEveryMs = 5_000, scriptTimeoutMs: timeoutMs = 2_000 } = options;
  const reportOutage = createOutageReporter((error) => {
    if (!closed) options.onError(error);
  });
  const keys = limiterKeys(options.prefix, options.provider);
  const scripts = createPermitScripts({ redis: options.redis, keys, leaseMs, renewEveryMs, timeoutMs });
  const gates = new Map<string, Gate>();
  const calls = new Set<AnyCall>();
  let closing: Promise<void> | null = null;
  let closed = false;

  const limits = createLimitSource({
    scripts,
    limits: options.limits,
    onError: reportOutage,
    onChange: () => {
      for (const gate of gates.values()) gate.retry(['rate', 'concurrency']);
    },
  });
  const leases = new LeaseKeeper({ scripts, leaseMs, renewEveryMs, onError: reportOutage });
  const asking = { scripts, limits, retryAtMostMs: renewEveryMs, onError: reportOutage };
  const inFlight = new Set<Promise<unknown>>();

  function release(lease: LeaseName, settlement: Settlement): void {
    leases.release(lease, settlement);
    // Redis serves the connection in order, so whoever asks from here on finds the lease gone.
    wakeGates(lease.model, settlement.kind === 'keep' ? ['concurrency'] : ['concurrency', 'rate']);
  }

  /** Wakes those that wait in turn, the model's own gate first. */
  function wakeGates(model: string, causes: readonly RefusalCause[]): void {
    let woken = gates.get(model)?.retry(causes) ? 1 : 0;
    const inTurn = Array.from(gates);
    for (const [other, gate] of inTurn) {
      if (woken >= GATES_WOKEN) return;
      if (other === model || !gate.retry(causes)) continue;
      woken += 1;
      gates.delete(other);
      gates.set(other, gate);
    }
  }

  function gateFor(model: string): Gate {
    const known = gates.get(model);
    if (known) return known;
    if (gates.size >= GATES_KEPT) dropIdleGates();
    const gate = new Gate({
      async acquire(call) {
        const asked = askForPermit(asking, call as AnyCall);
        inFlight.add(asked);
        return asked.finally(() => inFlight.delete(asked));
      },
      onError: (error) => options.onError(error instanceof Error ? error : new Error(String(error))),
    });
    gates.set(model, gate);
    return gate;
  }

  function dropIdleGates(): void {
    for (const [model, gate] of gates) if (gate.size === 0) gates.delete(model);
  }

  async function runLimited<Value>(
    request: PermitRequest,
    call: (permit: Permit) => Promise<Value>,
  ): Promise<PermitOutcome<Value>> {
    const waiting = new PermitCall({ request, call, hold: (lease) => leases.hold(lease), release });
    const gate = gateFor(request.model);
    const abort = () => {
      waiting.abort();
      gate.skipEnded();
    };
    calls.add(waiting);
    request.signal.addEventListener('abort', abort, { once: true });
    try {
      void gate.pass(waiting);
      return await waiting.outcome;
    } finally {
      request.signal.removeEventListener('abort', abort);
      calls.delete(waiting);
    }
  }

  async function close(): Promise<void> {
    for (const call of calls) call.stop();
    await Promise.all([...gates.values()].map((gate) => gate.close()));
    // What was asked for before may still be granted; it is given back as it comes.
    await Promise.all(inFlight);
    await leases.close();
    gates.clear();
    closed = true;
  }

  return {
    async run(request, call) {
      if (closing !== null || request.signal.aborted) return { status: 'aborted' };
      if (!isLimited(limits.current(), request.model)) return runUnlimited(request, call);
      return runLimited(request, call);
    },
    setLimits(next) {
      limits.set(next);
      if (closing === null && !limits.current().unlimited) void limits.publish();
    },
    states: () => readLimitStates(scripts, limits.current()),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
