import type { ReadEventsOutcome } from './broker.ts';
import { readScript, runScript, type RedisClient } from './script.ts';

const script = readScript('read-events');

type Reply =
  | [status: 'ok', lastSeq: number, ended: string, events: string[]]
  | [status: 'expired']
  | [status: 'not_found'];

/** A page of the events of a job or a batch, as they are stored. */
export async function readEvents(
  redis: RedisClient,
  {
    record,
    events: eventsKey,
    openStatuses,
  }: {
    /** Key of the hash. */
    record: string;
    /** Key of the list. */
    events: string;
    /** Of one that has not ended. */
    openStatuses: readonly string[];
  },
  { tenant, after, limit }: { tenant: string; after: number; limit: number },
): Promise<ReadEventsOutcome> {
  const args = [tenant, after, limit, `,${openStatuses.join(',')},`];
  const reply = (await runScript(redis, script, [record, eventsKey], args)) as Reply;
  if (reply[0] !== 'ok') return { status: reply[0] };
  const [, lastSeq, ended, events] = reply;
  return { status: 'ok', events, lastSeq, ended: ended === '1' && after + events.length >= lastSeq };
}
