import { Queue } from 'bullmq';
import type { Tier } from '@sluice/contracts';
import type { FirstTurn } from './first-turn.ts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './script.ts';

/** BullMQ's event stream is not read by anybody; its default length of 10,000 is kept memory. */
const EVENT_STREAM_LENGTH = 100;

interface Ticket {
  ticket: string;
  tier: Tier;
  firstTurn?: FirstTurn;
}

function toBullJob({ ticket, firstTurn }: Ticket): {
  name: string;
  data: object;
  opts: { jobId: string; attempts: number };
} {
  return { name: 'job', data: firstTurn ?? {}, opts: { jobId: ticket, attempts: 1 } };
}

/** The BullMQ queues of all providers and tiers, opened when first used. The connection is borrowed. */
export function createTicketQueues({
  connection,
  keys,
  onError,
}: {
  connection: RedisClient;
  keys: Keys;
  onError: (error: Error) => void;
}) {
  const queues = new Map<string, Queue>();
  const open = (provider: string, tier: Tier): Queue => {
    const name = keys.queueName(provider, tier);
    let queue = queues.get(name);
    if (!queue) {
      queue = new Queue(name, {
        connection,
        prefix: keys.queuePrefix(provider, tier),
        streams: { events: { maxLen: EVENT_STREAM_LENGTH } },
      });
      queue.on('error', onError);
      queues.set(name, queue);
    }
    return queue;
  };
  return {
    open,
    /** Adds tickets; BullMQ ignores an id that it still holds, which makes a repeat harmless. */
    async add(provider: string, tickets: readonly Ticket[]): Promise<void> {
      const [only, ...others] = tickets;
      if (!only) return;
      if (others.length === 0) {
        const { name, data, opts } = toBullJob(only);
        await open(provider, only.tier).add(name, data, opts);
        return;
      }
      const byTier = Map.groupBy(tickets, ({ tier }) => tier);
      await Promise.all(
        Array.from(byTier, ([tier, group]) => open(provider, tier).addBulk(group.map(toBullJob))),
      );
    },
    async has(provider: string, tier: Tier, ticket: string): Promise<boolean> {
      return (await open(provider, tier).getJob(ticket)) !== undefined;
    },
    async close(): Promise<void> {
      await Promise.all(Array.from(queues.values(), (queue) => queue.close()));
      queues.clear();
    },
  };
}

export type TicketQueues = ReturnType<typeof createTicketQueues>;
