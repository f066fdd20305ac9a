/** Bounds of the HTTP API. All have a reason; tests scale some of them down. */
export interface ApiLimits {
  /** Larger bodies are a 413. */
  maxBodyBytes: number;
  /** The same where a batch's lines arrive: twice what may be stored, as JSON may be written with room to spare. */
  maxStreamedBodyBytes: number;
  /** Deeper JSON is a 400: 5,000 levels overflow the stack of whoever serialises them. */
  maxBodyDepth: number;
  /** To receive the headers of a request, from the connection's start or the request's first byte. */
  headersTimeoutMs: number;
  /** How often connections are looked at; what is too slow is cut this much later than its limit at most. */
  connectionCheckMs: number;
  /** To receive a whole request. */
  requestTimeoutMs: number;
  /** The same for an uploaded file and for a batch that brings its requests along. */
  uploadTimeoutMs: number;
  /** To answer one that does not wait: the broker's own timeouts are 2 s, so this is the last resort. */
  handlerTimeoutMs: number;
  /** Without a byte either way; above `maxWaitMs` and the streams' comments, so that neither is cut. */
  connectionTimeoutMs: number;
  /** How long what was written may wait to be read, besides the time that `readerMinBytesPerSecond` gives it. */
  readerTimeoutMs: number;
  /** A caller that reads less keeps an answer in memory for nothing. */
  readerMinBytesPerSecond: number;
  /**
   * Taken and thrown away of a body that still arrives when its request has been answered (refused, mostly), so that a
   * caller that sends everything before it reads gets the answer; then the connection is cut.
   */
  lingerMaxBytes: number;
  /** The same as a time. */
  lingerTimeoutMs: number;
  /** Above the 60 s that load balancers commonly keep idle connections. */
  keepAliveTimeoutMs: number;
  /** Longest `Prefer: wait` and `?wait`; longer ones are shortened to it. */
  maxWaitMs: number;
  /** Wrong keys and unknown paths of one address; more are a 429. */
  maxFailuresPerMinute: number;
  /** Event streams open at once in this process; more are a 429. */
  maxStreams: number;
  /** How long a stream's reader may take to make room; then its connection is dropped and it may resume. */
  streamDrainTimeoutMs: number;
  /** How often a quiet stream carries a comment, and how often a waiter reads without a wake-up. */
  pollMs: number;
  /** How long callers who wait for an answer may go on waiting while the server closes. */
  closeGraceMs: number;
  /** How often the record is read for a caller that waits for its answer: replies may be lost. */
  syncPollMs: number;
}

export const DEFAULT_API_LIMITS: Readonly<ApiLimits> = Object.freeze({
  maxBodyBytes: 16 * 1024 * 1024,
  maxStreamedBodyBytes: 512 * 1024 * 1024,
  maxBodyDepth: 64,
  headersTimeoutMs: 15_000,
  connectionCheckMs: 1_000,
  requestTimeoutMs: 30_000,
  uploadTimeoutMs: 900_000,
  handlerTimeoutMs: 10_000,
  connectionTimeoutMs: 90_000,
  readerTimeoutMs: 30_000,
  readerMinBytesPerSecond: 8 * 1024,
  lingerMaxBytes: 32 * 1024 * 1024,
  lingerTimeoutMs: 10_000,
  keepAliveTimeoutMs: 72_000,
  maxWaitMs: 60_000,
  maxFailuresPerMinute: 120,
  maxStreams: 1_000,
  streamDrainTimeoutMs: 30_000,
  pollMs: 15_000,
  closeGraceMs: 10_000,
  syncPollMs: 5_000,
});
