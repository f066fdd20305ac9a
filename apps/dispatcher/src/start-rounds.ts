export interface Round {
  name: string;
  /** Asked before each pause when it is a function. */
  everyMs: number | (() => number);
  run: () => Promise<unknown>;
}

/** A round that takes this long is stuck; liveness is progress, not a process that exists. */
const STUCK_AFTER_MS = 120_000;

/**
 * Runs chores again and again, each with its own pause and never twice at once. An error is reported and the chore
 * goes on with its next round.
 */
export function startRounds({
  rounds,
  onError,
}: {
  rounds: readonly Round[];
  onError: (error: unknown) => void;
}) {
  const startedAt = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<void>>();
  let closed = false;

  const schedule = (round: Round): void => {
    if (closed) return;
    const pauseMs = typeof round.everyMs === 'function' ? round.everyMs() : round.everyMs;
    timers.set(
      round.name,
      setTimeout(() => running.set(round.name, execute(round)), pauseMs),
    );
  };
  const execute = async (round: Round): Promise<void> => {
    startedAt.set(round.name, performance.now());
    try {
      await round.run();
    } catch (error) {
      onError(error);
    }
    startedAt.delete(round.name);
    schedule(round);
  };
  rounds.forEach(schedule);

  return {
    /** Names a chore that does not come to its end; null when all do. */
    stuck(): string | null {
      for (const [name, since] of startedAt) {
        if (performance.now() - since > STUCK_AFTER_MS)
          return `${name} has been running for more than 2 minutes`;
      }
      return null;
    },
    /** Starts no further round and waits for those that run. Idempotent. */
    async close(): Promise<void> {
      closed = true;
      timers.forEach((timer) => clearTimeout(timer));
      await Promise.all(running.values());
    },
  };
}
