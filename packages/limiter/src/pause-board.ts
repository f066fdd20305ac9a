/** Pauses of a provider that this process has heard of, on its own monotonic clock. */
export interface PauseBoard {
  /** Takes a pause over; the latest end wins. */
  add(key: string, pausedMs: number): void;
  /** The key, or all of the provider. */
  isPaused(key: string): boolean;
}

/** `isAccount`: such a key is an account of its own, whose pause is not the others'. */
export function createPauseBoard(isAccount: (key: string) => boolean): PauseBoard {
  const untilMs = new Map<string, number>();
  const accountOf = (key: string): string => (isAccount(key) ? key : '');
  return {
    add(key, pausedMs) {
      const account = accountOf(key);
      untilMs.set(account, Math.max(untilMs.get(account) ?? 0, performance.now() + pausedMs));
    },
    isPaused: (key) => performance.now() < (untilMs.get(accountOf(key)) ?? 0),
  };
}
