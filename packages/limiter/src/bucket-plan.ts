export const MINUTE_MS = 60_000;
/** What may come at once where the limits don't say: five seconds' worth. */
export const DEFAULT_BURST_MS = 5_000;

/** A limit as the provider states it. */
export interface BucketLimit {
  perMinute: number;
  burst: number | undefined;
  arrivalJitterMs: number;
}

/** The bucket that the broker spends from. */
export interface BucketPlan {
  capacity: number;
  ratePerMs: number;
}
