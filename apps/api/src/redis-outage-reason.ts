/** Answers of Redis while it can't take writes: loading, failing over, cut off from a quorum, disk full. */
const OUTAGE_REPLY = /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MISCONF|NOREPLICAS|NOAUTH|BUSY) /;

/** Errors of ioredis itself when there is no connection, or when it gave up waiting. */
const OUTAGE_MESSAGE =
  /^(Command timed out|Connection is closed|Stream isn't writeable|Socket timeout|None of startup nodes|Failed to refresh slots|All sentinels)/;

const OUTAGE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * Whether an error means that Redis is away or full; null for anything else. Knows the broker's
 * `RedisUnavailableError` by name, and what ioredis rejects with for commands that the API sends itself.
 */
export function redisOutageReason(error: unknown): 'unreachable' | 'full' | null {
  if (!(error instanceof Error)) return null;
  if (error.name === 'RedisUnavailableError') {
    return (error as { reason?: string }).reason === 'full' ? 'full' : 'unreachable';
  }
  if (error.name === 'MaxRetriesPerRequestError' || error.name === 'ClusterAllFailedError')
    return 'unreachable';
  if (error.message.startsWith('OOM ')) return 'full';
  if (OUTAGE_REPLY.test(error.message) || OUTAGE_MESSAGE.test(error.message)) return 'unreachable';
  return OUTAGE_CODES.has((error as { code?: string }).code ?? '') ? 'unreachable' : null;
}
