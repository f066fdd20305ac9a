import type { HeldLease } from './lease-keeper.ts';
import type { LeaseName, Settlement } from './permit-scripts.ts';
import type {
  Permit,
  PermitOutcome,
  PermitRequest,
  PostponeReason,
  ProviderHint,
  TokenCounts,
} from './provider-limiter.ts';
import { MAX_PERMIT_AGE_MS } from './provider-limiter.ts';
import { keyOfToken, keyTokens } from './scope-names.ts';

/** What the buckets granted. */
export interface Grant {
  /** What Redis stored; null when nothing is limited and nothing was taken. */
  stored: string | null;
  /** Before Redis was asked, on this process's monotonic clock. */
  askedAtMs: number;
  /** From then until the call may start. */
  waitMs: number;
}

export interface PermitCallDeps<Value> {
  request: PermitRequest;
  call: (permit: Permit) => Promise<Value>;
  hold: (lease: HeldLease) => void;
  release: (lease: LeaseName, settlement: Settlement) => void;
  learn: (lease: LeaseName, hint: ProviderHint & { ageMs: number }) => void;
  /** Until when it waits, on this process's monotonic clock. */
  waitUntilMs: number;
  /** The provider has refused calls of a key since, so a grant that is not used yet must not be. */
  isPaused: (keyToken: string) => boolean;
}

type Phase =
  | { name: 'waiting' }
  | { name: 'granted'; grant: Grant }
  | { name: 'running' }
  | { name: 'ended' };

/** One `run` from its wait for a permit to the end of its call. Every grant it accepts is released exactly once. */
export class PermitCall<Value> {
  readonly model: string;
  readonly keys: readonly string[];
  readonly keyTokens: readonly string[];
  readonly estimate: TokenCounts;
  readonly claimId: string;
  /** The buckets are being asked for it: their answer decides. */
  asking = false;
  /** Rejects only with what the call rejects with. */
  readonly outcome: Promise<PermitOutcome<Value>>;
  readonly #deps: PermitCallDeps<Value>;
  readonly #settled: PromiseWithResolvers<PermitOutcome<Value>>;
  #lost: AbortController | null = null;
  #lostReason: Error | null = null;
  /** Of the grant; before there is one, the first of those it may take. */
  #keyToken: string;
  #phase: Phase = { name: 'waiting' };
  #settlement: Settlement = { kind: 'keep' };
  /** Grants given back because they came too late; each has a lease name of its own, so that a late release of one can't end the next. */
  #stale = 0;
  #doubtful = false;
  #leased = false;

  constructor(deps: PermitCallDeps<Value>) {
    this.#deps = deps;
    this.model = deps.request.model;
    this.keyTokens = keyTokens(deps.request.key);
    this.keys = this.keyTokens.flatMap((token) => keyOfToken(token) ?? []);
    this.estimate = wholeTokens(deps.request.estimate);
    this.claimId = deps.request.claimId ?? deps.request.reservationId;
    this.#keyToken = this.keyTokens[0] as string;
    this.#settled = Promise.withResolvers();
    this.outcome = this.#settled.promise;
  }

  patienceMs(): number {
    return this.#deps.waitUntilMs - performance.now();
  }

  /** Needs no permit any more. */
  get ended(): boolean {
    return this.#phase.name === 'ended';
  }

  get lease(): LeaseName {
    const reservation = encodeURIComponent(this.#deps.request.reservationId);
    const round = this.#stale === 0 ? '' : `~${this.#stale}`;
    return { member: `${reservation}${round} ${this.model}`, model: this.model, key: this.#keyToken };
  }

  /** An answer was lost, so the buckets may have granted what nobody knows of. */
  doubt(): void {
    this.#doubtful = true;
    if (this.ended) this.#deps.release(this.lease, { kind: 'return' });
  }

  accept(grant: Grant): void {
    this.#leased = grant.stored !== null;
    this.#keyToken = this.#keyOf(grant);
    if (this.ended) return this.#release({ kind: 'return' });
    this.#doubtful = false;
    this.#phase = { name: 'granted', grant };
    if (grant.stored === null) return;
    const onLost = () => this.#lose(new Error('limiter: the concurrency lease was lost'));
    this.#deps.hold({ ...this.lease, grant: grant.stored, confirmedAtMs: grant.askedAtMs, onLost });
  }

  /** Makes the call. `again`: the grant was too old and was given back, so the call waits anew. Never rejects. */
  async start(): Promise<'done' | 'again'> {
    if (this.#phase.name !== 'granted') return 'done';
    const { grant } = this.#phase;
    const grantedAtMs = grant.askedAtMs + grant.waitMs;
    const ageMs = () => Math.max(0, performance.now() - grantedAtMs);
    if (ageMs() > MAX_PERMIT_AGE_MS || this.#deps.isPaused(this.#keyToken)) {
      this.#release({ kind: 'return' });
      this.#stale += 1;
      this.#phase = { name: 'waiting' };
      return 'again';
    }
    this.#phase = { name: 'running' };
    await this.#make(ageMs);
    return 'done';
  }

  /** Gives up: nothing waits, nothing stays granted. A running call loses its permit. */
  stop(): void {
    const { name } = this.#phase;
    if (name === 'ended') return;
    this.#phase = { name: 'ended' };
    if (name === 'granted') this.#release({ kind: 'return' });
    if (name === 'waiting' && this.#doubtful) this.#deps.release(this.lease, { kind: 'return' });
    if (name === 'running') {
      this.#release(this.#settlement);
      this.#lose(new Error('limiter: closed'));
      return;
    }
    this.#settled.resolve({ status: 'aborted' });
  }

  /** Ends the wait without a permit; a call that has one already keeps it. */
  postpone(readyInMs: number, reason: PostponeReason): void {
    if (this.#phase.name !== 'waiting') return;
    this.asking = false;
    this.#phase = { name: 'ended' };
    if (this.#doubtful) this.#deps.release(this.lease, { kind: 'return' });
    this.#settled.resolve({ status: 'postponed', readyInMs, reason });
  }

  /** As `stop`, but a running call is left alone: it listens to its signal by itself. */
  abort(): void {
    if (this.#phase.name !== 'running') this.stop();
  }

  async #make(ageMs: () => number): Promise<void> {
    const { request, call } = this.#deps;
    const lostSignal = () => this.#lostSignal();
    const permit: Permit = {
      reservationId: request.reservationId,
      key: keyOfToken(this.#keyToken),
      ageMs,
      get lost() {
        return lostSignal();
      },
      settle: (actual) => this.#settleOnce('settle', actual),
      settleAtLeast: (actual) => this.#settleOnce('at_least', actual),
      giveBack: () => {
        this.#settlement = { kind: 'return' };
      },
      learn: (hint) => this.#deps.learn(this.lease, { ...hint, ageMs: ageMs() }),
    };
    try {
      const value = await call(permit);
      this.#end();
      this.#settled.resolve({ status: 'ran', value });
    } catch (error) {
      this.#end();
      this.#settled.reject(error);
    }
  }

  /** A grant names its key; where nothing was taken, it is the first that may be used. */
  #keyOf({ stored }: Grant): string {
    const named = stored?.split(' ', 3)[2];
    return (
      named ?? this.keyTokens.find((token) => !this.#deps.isPaused(token)) ?? (this.keyTokens[0] as string)
    );
  }

  /** Made when somebody looks: most calls are over before. */
  #lostSignal(): AbortSignal {
    this.#lost ??= new AbortController();
    if (this.#lostReason) this.#lost.abort(this.#lostReason);
    return this.#lost.signal;
  }

  #lose(reason: Error): void {
    this.#lostReason ??= reason;
    this.#lost?.abort(reason);
  }

  #settleOnce(kind: 'settle' | 'at_least', actual: TokenCounts): void {
    if (this.#settlement.kind === 'keep') this.#settlement = { kind, actual: wholeTokens(actual) };
  }

  #end(): void {
    if (this.ended) return;
    this.#phase = { name: 'ended' };
    this.#release(this.#settlement);
  }

  #release(settlement: Settlement): void {
    if (this.#leased) this.#deps.release(this.lease, settlement);
    this.#leased = false;
  }
}

/** Estimates and usage come from outside: anything that is not a positive number counts as none. */
function wholeTokens({ inputTokens, outputTokens }: TokenCounts): TokenCounts {
  const whole = (tokens: number) => (Number.isFinite(tokens) && tokens > 0 ? Math.ceil(tokens) : 0);
  return { inputTokens: whole(inputTokens), outputTokens: whole(outputTokens) };
}
