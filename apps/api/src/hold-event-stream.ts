import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiDeps } from './api-deps.ts';
import { createWaiter, type Waiter } from './create-waiter.ts';
import type { EventStreams } from './event-streams.ts';
import { whileKeyHolds } from './while-key-holds.ts';

/** What the writer of an event stream works with. */
export interface HeldEventStream {
  /** Aborted when the reader is gone, its key no longer holds, or the server closes. */
  signal: AbortSignal;
  waiter: Waiter;
  /** Wakes the waiter at each event of this id. Call it once. */
  wakeAt(id: string): Promise<void>;
}

/**
 * Holds a place among the open streams while `write` answers, ends the response after it, and gives back all that was
 * taken. What `write` throws before the answer has begun is thrown on; after that the connection is cut, so that the
 * reader takes what it has for no whole.
 * @throws ApiError `too_many_streams`.
 */
export async function holdEventStream(
  {
    request,
    reply,
  }: { request: Pick<FastifyRequest, 'id' | 'caller' | 'gone' | 'log'>; reply: FastifyReply },
  { streams, wakeups }: Pick<ApiDeps, 'wakeups'> & { streams: EventStreams },
  write: (held: HeldEventStream) => Promise<void>,
): Promise<FastifyReply> {
  const leave = await streams.open(request.caller);
  const key = whileKeyHolds(request.caller);
  const signal = AbortSignal.any([request.gone, streams.closing, key.signal]);
  const waiter = createWaiter(signal);
  let unsubscribe = (): void => undefined;
  const wakeAt = async (id: string): Promise<void> => {
    unsubscribe = await wakeups.subscribe(id, waiter.wake);
  };
  try {
    await write({ signal, waiter, wakeAt });
    reply.raw.end();
  } catch (error) {
    if (!reply.sent) throw error;
    request.log.error({ err: error }, 'event stream failed');
    reply.raw.destroy();
  } finally {
    key.close();
    unsubscribe();
    waiter.close();
    leave();
  }
  return reply;
}
