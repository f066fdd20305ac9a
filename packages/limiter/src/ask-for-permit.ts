import type { LimitSource } from './limit-source.ts';
import { isLimited } from './limit-book.ts';
import type { Grant } from './permit-call.ts';
import type { AcquireOutcome, LeaseName, PermitScripts } from './permit-scripts.ts';
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
  /** Leases were missing: holders that may be gone, although their leases have not ended. */
  onNeighbours: (holders: readonly string[]) => void;
  onError: (error: Error) => void;
}

/**
 * Asks Redis for what calls need that wait in this order, in one question. Answers the first one, and those behind it
 * up to the first that is refused. Never rejects; a grant goes to its applicant before this resolves.
 */
export async function askForPermits(
  deps: AskForPermitDeps,
  applicants: readonly [Applicant, ...Applicant[]],
): Promise<PermitAnswer[]> {
  const { scripts, limits, isPaused, onNeighbours, onError } = deps;
  const [first] = applicants;
  if (!isLimited(limits.current(), first.model, first.keys) && !isPaused(first)) {
    first.accept({ stored: null, askedAtMs: performance.now(), waitMs: 0 });
    return [{ status: 'granted', waitMs: 0 }];
  }
  if (!limits.isPublished() && !(await limits.publish())) return [unavailable(first, UNAVAILABLE_RETRY_MS)];
  const askedAtMs = performance.now();
  const asked = await scripts.acquire(applicants);
  if (asked.status === 'failed') {
    if (asked.sent) for (const applicant of applicants) applicant.doubt();
    onError(asked.error);
    return allUnavailable(applicants, UNAVAILABLE_RETRY_MS);
  }
  if (asked.revision === '') {
    await limits.restore();
    return allUnavailable(applicants, RESTORED_RETRY_MS);
  }
  limits.follow(asked.revision);
  if (asked.neighbours.length > 0) onNeighbours(asked.neighbours);
  const answers: PermitAnswer[] = [];
  for (const [index, applicant] of applicants.entries()) {
    const outcome = asked.outcomes[index];
    const before = answers.at(-1);
    if (before?.status === 'refused') {
      if (applicant.patienceMs() <= 0) applicant.postpone(before.retryMs, before.cause);
    } else if (outcome?.status === 'granted') {
      applicant.accept({ stored: outcome.grant, askedAtMs, waitMs: outcome.waitMs });
      answers.push({ status: 'granted', waitMs: outcome.waitMs });
    } else if (outcome && 'retryMs' in outcome) answers.push(answerRefused(deps, applicant, outcome));
  }
  return answers;
}

/** Only the first one hears of it; those behind it may have no time left either. */
function allUnavailable(applicants: readonly Applicant[], retryMs: number): PermitAnswer[] {
  return applicants.map((applicant) => unavailable(applicant, retryMs)).slice(0, 1);
}

function answerRefused(
  { isPaused, retryAtMostMs }: AskForPermitDeps,
  applicant: Applicant,
  { status, retryMs }: Extract<AcquireOutcome, { retryMs: number }>,
): PermitAnswer {
  const patienceMs = applicant.patienceMs();
  // It may be paused for longer than is known now, and another provider may be free.
  if (Number.isFinite(patienceMs) && retryMs > 0 && isPaused(applicant)) {
    applicant.postpone(retryMs, 'paused');
    return { status: 'postponed' };
  }
  if (status === 'claim' || retryMs > patienceMs) {
    applicant.postpone(retryMs, status);
    return { status: 'postponed' };
  }
  const spreadMs =
    status === 'rate'
      ? retryMs + Math.random() * SLOT_SPREAD_MS
      : Math.max(retryMs, CONCURRENCY_RETRY_MS * (0.5 + Math.random()));
  return { status: 'refused', cause: status, retryMs: Math.min(spreadMs, retryAtMostMs) };
}

function unavailable(applicant: Applicant, retryMs: number): PermitAnswer {
  if (applicant.patienceMs() <= 0) {
    applicant.postpone(OUTAGE_MS, 'unavailable');
    return { status: 'postponed' };
  }
  return { status: 'refused', cause: 'unavailable', retryMs };
}
