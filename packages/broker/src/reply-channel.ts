import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';

export type Reply =
  /** One event of the job, as it is stored. */
  | { kind: 'event'; seq: number; event: string }
  /** The job has ended; `job` is its record without the request, null when it was too large to be sent along. */
  | { kind: 'ended'; job: JobRecord | null }
  /** Replies may have been lost: read the record or the events. */
  | { kind: 'missed' };

/**
 * What happens to the jobs that one API process waits for, over one subscription for the whole process: the scripts
 * publish each event, or only the ended record, to the channel that the job names. Replies may be lost, so whoever
 * listens also reads the record from time to time.
 */
export interface ReplyChannel {
  /** To be stored with the job in `replyTo`. */
  readonly address: string;
  /** Calls `onReply` for one job from now on. The returned function ends it; calling it twice is harmless. */
  listen(jobId: string, onReply: (reply: Reply) => void): () => void;
  /** Stops listening for good. Idempotent. */
  close(): void;
}

/** The subscriber connection is borrowed; event wake-ups may stand on the same one. */
export function createReplyChannel({
  subscriber,
  keys,
  codec,
}: {
  subscriber: Redis;
  keys: Keys;
  codec: JobCodec;
}): ReplyChannel {
  const address = keys.reply(randomUUID());
  const listeners = new Map<string, Set<(reply: Reply) => void>>();
  const subscribe = (): void => {
    subscriber.subscribe(address).then(
      // What was published before the subscription stood is lost.
      () => tellAll(Array.from(listeners.values(), (waiting) => [...waiting]).flat(), { kind: 'missed' }),
      () => undefined,
    );
  };
  const onMessage = (channel: string, text: string): void => {
    if (channel !== address) return;
    const { jobId, reply } = parseReply(text, codec);
    tellAll(listeners.get(jobId) ?? [], reply);
  };
  subscriber.on('message', onMessage);
  subscriber.on('ready', subscribe);
  if (subscriber.status === 'ready') subscribe();

  return {
    address,
    listen(jobId, onReply) {
      const waiting = listeners.get(jobId) ?? new Set();
      listeners.set(jobId, waiting.add(onReply));
      return () => {
        waiting.delete(onReply);
        if (waiting.size === 0 && listeners.get(jobId) === waiting) listeners.delete(jobId);
      };
    },
    close() {
      listeners.clear();
      subscriber.off('ready', subscribe);
      subscriber.off('message', onMessage);
    },
  };
}

function tellAll(listeners: Iterable<(reply: Reply) => void>, reply: Reply): void {
  for (const onReply of listeners) onReply(reply);
}

/** An event as it is stored, or `{"ended": <job id>, "fields"?: [name, value, …]}` (see `finish.lua`). */
function parseReply(text: string, codec: JobCodec): { jobId: string; reply: Reply } {
  const message = JSON.parse(text) as { job_id: string; seq: number; ended?: string; fields?: string[] };
  if (message.ended === undefined) {
    return {
      jobId: message.job_id,
      reply: { kind: 'event', seq: message.seq, event: codec.openEvent(message.job_id, text) },
    };
  }
  const { ended, fields = [] } = message;
  const hash: Record<string, string> = {};
  for (let at = 0; at + 1 < fields.length; at += 2) hash[fields[at] as string] = fields[at + 1] as string;
  return { jobId: ended, reply: { kind: 'ended', job: codec.decode(hash) } };
}
