import type { EventPage, Reply, TenantJobs } from '@sluice/broker';
import type { JobEvent } from '@sluice/contracts';
import { TERMINAL_JOB_EVENT_TYPES } from '@sluice/contracts';
import { createWaiter } from '../create-waiter.ts';
import { redisOutageReason } from '../redis-outage-reason.ts';

export type Followed =
  | { kind: 'event'; event: JobEvent }
  /** Nothing came for a while. */
  | { kind: 'idle' }
  /** The job or its events are gone: erased, or past their retention. */
  | { kind: 'gone' };

export interface JobFollower {
  /** To be given to `ReplyChannel.listen`, or called with `missed` on each wake-up. */
  onReply(reply: Reply): void;
  /** The job's events in order, each once; ends after the terminal one, after `gone`, or when the signal aborts. */
  follow(): AsyncGenerator<Followed, void>;
}

const PAGE_LIMIT = 200;
/** More that wait to be written are dropped, and read again when the reader has made room. */
const MAX_QUEUED = 1_000;
const OUTAGE_RETRY_MS = 1_000;

/**
 * Follows a job's events. What is pushed is used as it comes when its number is the next one; a gap, a missed push
 * and every silence of `pollMs` are made up for by reading. One reader at a time.
 */
export function createJobFollower({
  id,
  jobs,
  isNew,
  pollMs,
  signal,
}: {
  id: string;
  jobs: Pick<TenantJobs, 'readEvents'>;
  /** Nothing has happened to the job yet: there is nothing to read at the start. */
  isNew: boolean;
  pollMs: number;
  signal: AbortSignal;
}): JobFollower {
  const waiter = createWaiter(signal);
  let queued: { seq: number; event: string }[] = [];
  let isBehind = !isNew;
  let cursor = 0;

  const onReply = (reply: Reply): void => {
    if (reply.kind === 'ended') return;
    if (reply.kind === 'event' && queued.length < MAX_QUEUED) {
      queued.push(reply);
    } else {
      isBehind = true;
      queued = [];
    }
    waiter.wake();
  };

  /** Null: gone, or the signal aborted. */
  const readPage = async (): Promise<EventPage | null> => {
    while (!signal.aborted) {
      try {
        const page = await jobs.readEvents(id, { after: cursor, limit: PAGE_LIMIT });
        return page.status === 'ok' ? page : null;
      } catch (error) {
        if (redisOutageReason(error) === null) throw error;
        await waiter.pause(OUTAGE_RETRY_MS);
      }
    }
    return null;
  };

  async function* follow(): AsyncGenerator<Followed, void> {
    try {
      while (!signal.aborted) {
        waiter.reset();
        const next = queued.shift();
        if (next !== undefined && next.seq <= cursor) continue;
        if (next !== undefined && next.seq === cursor + 1 && !isBehind) {
          if (yield* take(next.event)) return;
          continue;
        }
        if (next !== undefined || isBehind) {
          isBehind = false;
          const page = await readPage();
          if (!page) {
            if (!signal.aborted) yield { kind: 'gone' };
            return;
          }
          if (page.events.length === PAGE_LIMIT) isBehind = true;
          for (const event of page.events) if (yield* take(event)) return;
          continue;
        }
        if (!(await waiter.wait(pollMs)) && !signal.aborted) {
          isBehind = true;
          yield { kind: 'idle' };
        }
      }
    } finally {
      waiter.close();
    }
  }

  /** True after the terminal event. */
  function* take(text: string): Generator<Followed, boolean> {
    const event = JSON.parse(text) as JobEvent;
    cursor = event.seq;
    yield { kind: 'event', event };
    return TERMINAL_JOB_EVENT_TYPES.has(event.type);
  }

  return { onReply, follow };
}
