/** Why a running call, or the wait for its permit, was ended before the provider did. */
export type AbortReason =
  /** The job was cancelled, or another attempt has taken over. */
  | 'moved_on'
  /** The deadline of the job has passed. */
  | 'deadline'
  /** The process is shutting down. */
  | 'shutdown'
  /** The limiter's lease or the ticket's lock could not be renewed: somebody else may start the same call. */
  | 'lease_lost';

export function abortReasonOf(signal: AbortSignal): AbortReason | null {
  return signal.aborted ? (signal.reason as AbortReason) : null;
}
