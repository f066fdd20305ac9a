export interface WantedWorkersInput {
  /** Jobs of the tier that wait. */
  waiting: number;
  /** Calls of all tiers that run. */
  inflight: number;
  /** Calls at once of one worker process. */
  capacityPerWorker: number;
  /** The provider's limit of calls at once; 0 for none. */
  slots: number;
  /** Starts a second that the provider drains or allows; 0 when that is not known. */
  startsPerSecond: number;
  /** The provider limits starts or tokens: more workers than its rate needs bring nothing. */
  rateLimited: boolean;
}

/** Calls are taken to last so long while none runs that could be measured. */
const UNKNOWN_CALL_SECONDS = 5;

/**
 * How many worker processes a tier can keep busy: enough for what waits, but no more than the provider's slots and
 * rate can use (calls in flight = starts a second × seconds a call lasts). 0 when nothing waits.
 */
export function wantedWorkers(input: WantedWorkersInput): number {
  const { waiting, inflight, capacityPerWorker, slots, startsPerSecond, rateLimited } = input;
  if (waiting === 0) return 0;
  let calls = waiting;
  if (slots > 0) calls = Math.min(calls, slots);
  if (rateLimited && startsPerSecond > 0) {
    const callSeconds = inflight > 0 ? inflight / startsPerSecond : UNKNOWN_CALL_SECONDS;
    calls = Math.min(calls, Math.ceil(startsPerSecond * callSeconds));
  }
  return Math.max(1, Math.ceil(calls / Math.max(1, capacityPerWorker)));
}
