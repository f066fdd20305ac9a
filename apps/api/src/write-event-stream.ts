import type { ServerResponse } from 'node:http';
import type { EventPage, TenantJobs } from '@sluice/broker';
import type { ApiDeps } from './api-deps.ts';
import type { Waiter } from './create-waiter.ts';
import { redisOutageReason } from './redis-outage-reason.ts';
import { createSseWriter } from './sse-writer.ts';
import { toSseFrame } from './to-sse-frame.ts';

/** Events read and written at once: bounds what one reader holds in memory. */
export const EVENT_PAGE_LIMIT = 200;
/** While Redis is away the stream stays open and tries again this often. */
const OUTAGE_RETRY_MS = 1_000;

export interface EventStreamInput {
  id: string;
  /** Whose events they are. */
  events: Pick<TenantJobs, 'readEvents'>;
  /** Sequence number of the last event that the reader has. */
  after: number;
  firstPage: EventPage;
  waiter: Waiter;
  response: ServerResponse;
  /** Aborted when the reader is gone or the server closes. */
  signal: AbortSignal;
}

/**
 * Writes a job's events until its terminal one, the reader leaves or the server closes: each exactly once and in
 * order, since every read starts after the last one written. A reader that makes no room for
 * `streamDrainTimeoutMs` is dropped; it resumes with `Last-Event-ID`.
 */
export async function writeEventStream(
  { id, events, after, firstPage, waiter, response, signal }: EventStreamInput,
  { limits }: Pick<ApiDeps, 'limits'>,
): Promise<void> {
  const write = createSseWriter({ response, signal, drainTimeoutMs: limits.streamDrainTimeoutMs });
  let cursor = after;
  let page: EventPage = firstPage;
  for (;;) {
    for (const event of page.events) {
      const frame = toSseFrame(event);
      if (!(await write(frame.text))) return;
      cursor = frame.seq;
    }
    if (signal.aborted || (page.ended && cursor >= page.lastSeq)) return;
    if (page.events.length === 0 || cursor >= page.lastSeq) {
      const woken = await waiter.wait(limits.pollMs);
      if (signal.aborted || (!woken && !(await write(': keep-alive\n\n')))) return;
    }
    const next = await readPage();
    if (next === null) return;
    page = next;
  }

  /** Null: the job or its events are gone (erased or expired while being read), or the reader is. */
  async function readPage(): Promise<EventPage | null> {
    while (!signal.aborted) {
      waiter.reset();
      try {
        const outcome = await events.readEvents(id, { after: cursor, limit: EVENT_PAGE_LIMIT });
        return outcome.status === 'ok' ? outcome : null;
      } catch (error) {
        if (redisOutageReason(error) === null) throw error;
        await waiter.pause(OUTAGE_RETRY_MS);
        if (!(await write(': waiting for the store\n\n'))) return null;
      }
    }
    return null;
  }
}
