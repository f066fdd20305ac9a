import type { LeaseName, LeaseTimes, PermitScripts, Settlement } from './permit-scripts.ts';

/** Leases renewed by one script; more take several, so that none blocks Redis for long. */
const RENEWED_AT_ONCE = 500;
/** Releases kept while Redis is away; the leases of any more expire by themselves. */
const MOST_OWED = 10_000;

export interface HeldLease extends LeaseName {
  /** What Redis stored for it. */
  grant: string;
  /** On this process's monotonic clock: before Redis was last known to have it. */
  confirmedAtMs: number;
  onLost: () => void;
}

export interface LeaseKeeperDeps extends LeaseTimes {
  scripts: PermitScripts;
  onError: (error: Error) => void;
}

/**
 * Renews the leases of this process and ends them. No timer runs and nothing is sent while there is nothing to keep.
 * `close` does not end leases; it stops the renewals and waits for what was sent.
 */
export class LeaseKeeper {
  readonly #deps: LeaseKeeperDeps;
  readonly #held = new Map<string, HeldLease>();
  /** Releases that Redis may not have seen. */
  readonly #owed = new Map<string, { lease: LeaseName; settlement: Settlement }>();
  readonly #sending = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | null = null;
  #ticking: Promise<void> | null = null;
  #closed = false;

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
  }

  hold(lease: HeldLease): void {
    this.#held.set(lease.member, lease);
    this.#schedule(this.#deps.renewEveryMs);
  }

  /** Sends the release before it returns, and again until Redis has answered. */
  release(lease: LeaseName, settlement: Settlement): void {
    this.#held.delete(lease.member);
    const sending = this.#send(lease, settlement).finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    await Promise.all([...this.#sending, this.#ticking]);
  }

  async #send(lease: LeaseName, settlement: Settlement): Promise<void> {
    const outcome = await this.#deps.scripts.release(lease, settlement);
    if (outcome.status === 'ok') {
      this.#owed.delete(lease.member);
      return;
    }
    this.#deps.onError(outcome.error);
    if (this.#owed.size < MOST_OWED) this.#owed.set(lease.member, { lease, settlement });
    this.#schedule(this.#retryMs());
  }

  #retryMs(): number {
    return this.#deps.renewEveryMs / 5;
  }

  #schedule(delayMs: number): void {
    if (this.#timer || this.#ticking || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#ticking = this.#tick();
    }, delayMs);
  }

  async #tick(): Promise<void> {
    const renewed = await this.#renew();
    for (const { lease, settlement } of [...this.#owed.values()].slice(0, RENEWED_AT_ONCE)) {
      this.release(lease, settlement);
    }
    await Promise.all(this.#sending);
    this.#ticking = null;
    if (this.#owed.size > 0 || !renewed) this.#schedule(this.#retryMs());
    else if (this.#held.size > 0) this.#schedule(this.#deps.renewEveryMs);
  }

  async #renew(): Promise<boolean> {
    const leases = [...this.#held.values()];
    for (let from = 0; from < leases.length; from += RENEWED_AT_ONCE) {
      if (!(await this.#renewSome(leases.slice(from, from + RENEWED_AT_ONCE)))) return false;
    }
    return true;
  }

  async #renewSome(leases: readonly HeldLease[]): Promise<boolean> {
    const { scripts, leaseMs, renewEveryMs, onError } = this.#deps;
    const sentAtMs = performance.now();
    const outcome = await scripts.renew(() =>
      leases
        .filter((lease) => this.#held.get(lease.member) === lease)
        .map(({ member, grant, confirmedAtMs }) => {
          // A lease renewed recently enough can't have expired: when it is missing, Redis has lost it, and the call
          // that holds it still runs and has to be counted.
          const canHaveExpired = sentAtMs - confirmedAtMs >= leaseMs - renewEveryMs;
          return { member, grant: canHaveExpired ? null : grant };
        }),
    );
    if (outcome.status === 'failed') {
      onError(outcome.error);
      return false;
    }
    for (const lease of leases) lease.confirmedAtMs = sentAtMs;
    for (const member of outcome.lost) {
      const lease = this.#held.get(member);
      this.#held.delete(member);
      lease?.onLost();
    }
    return true;
  }
}
