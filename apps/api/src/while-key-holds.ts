import type { Caller } from './caller.ts';

/** What is known of a key is at most 0.9 s old, and read again after half of it. */
const LOOK_EVERY_MS = 200;

export interface KeyHold {
  /** Aborted when the caller's key no longer lets in what it let in: revoked, expired, replaced, or with fewer scopes. */
  signal: AbortSignal;
  /** Looks no more. Idempotent. */
  close(): void;
}

/** For answers that go on for longer than a key may. While Redis is away the key holds. */
export function whileKeyHolds({ stillHolds }: Pick<Caller, 'stillHolds'>): KeyHold {
  const control = new AbortController();
  let looking = false;
  const look = async (): Promise<void> => {
    looking = true;
    const holds = await stillHolds().catch(() => true);
    looking = false;
    if (!holds) control.abort();
  };
  const timer = setInterval(() => {
    if (!looking) void look();
  }, LOOK_EVERY_MS);
  return { signal: control.signal, close: () => clearInterval(timer) };
}
