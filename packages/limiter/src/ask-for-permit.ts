import type { LimitSource } from './limit-source.ts';
import { isLimited } from './limit-book.ts';
import type { Grant } from './permit-call.ts';
import type { LeaseName, PermitScripts } from './permit-scripts.ts';
import type { PermitAnswer } from './permit-store.ts';
import type { PostponeReason, TokenCounts } from './provider-limiter.ts';

/** When a lease is freed in another process is not told, so it is asked for this often. */
export const CONCURRENCY_RETRY_MS = 50;
/** How soon Redis is tried again when it is away; while there is no connection, trying sends nothing. */
const UNAVAILABLE_RETRY_MS = 100;
/** What those are told who don't wait for Redis to come back. */
const OUTAGE_MS = 1_000;
const RESTORED_RETRY_MS = 5;
/** Spreads processes that wait for the same slot; the slot lies up to 100 ms ahead, so nothing is lost. */
const SLOT_SPREAD_MS = 10;

export interface Applicant {
  readonly model: string;
  /** Names of the keys of which it takes one. */
  readonly keys: readonly string[];
  /** The same as they stand in a grant. */
  readonly keyTokens: readonly string[];
  readonly estimate: TokenCounts;
  readonly claimId: string;
  readonly lease: LeaseName;
  /** How much longer it would wait for its turn. */
  patienceMs(): number;
  accept(grant: Grant): void;
  doubt(): void;
  /** A heavy call waits outside the queue, so that it holds up nobody, and so does one that would wait too long. */
  postpone(readyInMs: number, reason: PostponeReason): void;
}

export interface AskForPermitDeps {
  scripts: PermitScripts;
  limits: LimitSource;
  /** A refusal of the provider is known, so that also what is not limited has to ask. */
  isPaused: (applicant: Applicant) => boolean;
  /** Waiting processes run a script at least this often, because the clock of the leases runs by scripts. */
  retryAtMostMs: number;
  onError: (error: Error) => void;
}

/** Asks Redis for what one call needs. Never rejects; the grant goes to the applicant before this resolves. */
export async function askForPermit(
  { scripts, limits, isPaused, retryAtMostMs, onError }: AskForPermitDeps,
  applicant: Applicant,
): Promise<PermitAnswer> {
  if (!isLimited(limits.current(), applicant.model, applicant.keys) && !isPaused(applicant)) {
    applicant.accept({ stored: null, askedAtMs: performance.now(), waitMs: 0 });
    return { status: 'granted', waitMs: 0 };
  }
  if (!(await limits.publish())) return unavailable(applicant, UNAVAILABLE_RETRY_MS);
  const askedAtMs = performance.now();
  const outcome = await scripts.acquire(
    { ...applicant.lease, key: applicant.keyTokens.join(',') },
    applicant.estimate,
    applicant.claimId,
  );
  if (outcome.status === 'failed') {
    if (outcome.sent) applicant.doubt();
    onError(outcome.error);
    return unavailable(applicant, UNAVAILABLE_RETRY_MS);
  }
  if (outcome.status === 'unknown') {
    await limits.restore();
    return unavailable(applicant, RESTORED_RETRY_MS);
  }
  limits.follow(outcome.revision);
  if (outcome.status === 'granted') {
    applicant.accept({ stored: outcome.grant, askedAtMs, waitMs: outcome.waitMs });
    return { status: 'granted', waitMs: outcome.waitMs };
  }
  const patienceMs = applicant.patienceMs();
  // It may be paused for longer than is known now, and another provider may be free.
  if (Number.isFinite(patienceMs) && outcome.retryMs > 0 && isPaused(applicant)) {
    applicant.postpone(outcome.retryMs, 'paused');
    return { status: 'postponed' };
  }
  if (outcome.status === 'claim' || outcome.retryMs > patienceMs) {
    applicant.postpone(outcome.retryMs, outcome.status);
    return { status: 'postponed' };
  }
  const spreadMs =
    outcome.status === 'rate'
      ? outcome.retryMs + Math.random() * SLOT_SPREAD_MS
      : Math.max(outcome.retryMs, CONCURRENCY_RETRY_MS * (0.5 + Math.random()));
  return { status: 'refused', cause: outcome.status, retryMs: Math.min(spreadMs, retryAtMostMs) };
}

function unavailable(applicant: Applicant, retryMs: number): PermitAnswer {
  if (applicant.patienceMs() <= 0) {
    applicant.postpone(OUTAGE_MS, 'unavailable');
    return { status: 'postponed' };
  }
  return { status: 'refused', cause: 'unavailable', retryMs };
}
