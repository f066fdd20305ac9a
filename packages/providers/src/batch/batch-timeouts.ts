/** How long the calls of a Batch API may take, in milliseconds. */
export interface BatchTimeouts {
  connectMs: number;
  /** Of a call that carries no lines. */
  callMs: number;
  /** Of an upload, a create with its lines, or one reading of results. */
  transferMs: number;
  /** Silence within a reading. */
  idleMs: number;
}

export const BATCH_TIMEOUTS: BatchTimeouts = {
  connectMs: 10_000,
  callMs: 60_000,
  transferMs: 1_800_000,
  idleMs: 60_000,
};
