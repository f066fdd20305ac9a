import type { Redis } from 'ioredis';
import type { EventWakeups, Wake } from './broker.ts';
import type { Keys } from './keys.ts';

/** The scripts write the type first. */
const TERMINAL = /^\{"type":"(?:job|batch)\.(completed|failed|cancelled|expired)"/;

/**
 * Wake-ups for readers of job events over one subscriber connection, which this takes over and closes.
 * A channel is subscribed while somebody listens to it.
 */
export function createEventWakeups({ subscriber, keys }: { subscriber: Redis; keys: Keys }): EventWakeups {
  const listeners = new Map<string, Set<Wake>>();
  const wakeAll = (): void => {
    for (const wakes of listeners.values()) for (const wake of wakes) wake({ mayHaveEnded: true });
  };
  subscriber.on('message', (channel: string, event: string) => {
    const mayHaveEnded = TERMINAL.test(event);
    for (const wake of listeners.get(channel) ?? []) wake({ mayHaveEnded });
  });
  // What was published while the connection was away is lost: every reader has to look again, but not before its
  // subscription stands, because what is published in between would be lost as well.
  subscriber.on('ready', () => {
    if (listeners.size === 0) return;
    subscriber.subscribe(...listeners.keys()).then(wakeAll, () => undefined);
  });

  return {
    async subscribe(jobId, wake) {
      const channel = keys.events(jobId);
      const wakes = listeners.get(channel) ?? new Set();
      listeners.set(channel, wakes);
      wakes.add(wake);
      const end = () => {
        if (!wakes.delete(wake) || wakes.size > 0) return;
        if (listeners.get(channel) === wakes) listeners.delete(channel);
        subscriber.unsubscribe(channel).catch(() => undefined);
      };
      try {
        await subscriber.subscribe(channel);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
    async close() {
      listeners.clear();
      subscriber.disconnect();
    },
  };
}
