import type { Logger } from './create-logger.ts';

/** The same error is logged this often at most: while Redis is away, whatever asks it fails many times a second. */
const REPEAT_MS = 30_000;
const MAX_KINDS = 100;

/**
 * Makes an `onError` that logs each kind of error (by its text) at once, and again after 30 s if it is still
 * reported, with `repeated`, the number of reports left out in between. The context is that of the report logged.
 */
export function createErrorLog({
  logger,
  message,
  nowMs = () => performance.now(),
}: {
  logger: Pick<Logger, 'warn'>;
  /** Says whose error it is. */
  message: string;
  nowMs?: () => number;
}): (error: unknown, context?: object) => void {
  const kinds = new Map<string, { loggedAtMs: number; repeated: number }>();
  return (error, context = {}) => {
    const reason = describe(error);
    const kind = kinds.get(reason);
    if (kind && nowMs() - kind.loggedAtMs < REPEAT_MS) {
      kind.repeated += 1;
      return;
    }
    if (kinds.size >= MAX_KINDS) kinds.clear();
    kinds.set(reason, { loggedAtMs: nowMs(), repeated: 0 });
    logger.warn({ ...context, reason, ...(kind?.repeated ? { repeated: kind.repeated } : {}) }, message);
  };
}

/** An AggregateError (localhost by IPv4 and IPv6) has an empty message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || (error as { code?: string }).code || error.name;
}
