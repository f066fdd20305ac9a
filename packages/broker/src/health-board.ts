import {
  advanceBreaker,
  NEW_BREAKER,
  type Breaker,
  type BreakerPhase,
  type BreakerPolicy,
} from '@sluice/core';
import type { Redis } from 'ioredis';
import { healthField, parseHealthField, type HealthStore, type HealthSubject } from './health-store.ts';
import { decodeBreaker } from './stored-breaker.ts';

/** Breakers as this process knows them: no question to Redis before a call while they are closed. */
export interface HealthBoard {
  /** As it stands now; what is not known is closed. */
  breaker(subject: HealthSubject): Breaker;
  /** What a script has just answered. */
  put(subject: HealthSubject, breaker: Breaker): void;
  /** Every breaker that is known. */
  all(): { subject: HealthSubject; breaker: Breaker }[];
  /** Hears of changes from now on; the subscriber must be subscribed to the control channel. Borrowed. */
  follow(subscriber: Redis): void;
  /** Idempotent. */
  close(): void;
}

export interface BreakerChange {
  subject: HealthSubject;
  from: BreakerPhase['state'] | 'forced_open' | 'forced_closed';
  to: BreakerPhase['state'] | 'forced_open' | 'forced_closed';
}

export interface HealthBoardOptions {
  store: Pick<HealthStore, 'breakers'>;
  providers: () => readonly string[];
  policy: () => BreakerPolicy;
  /** Milliseconds of Redis' clock. */
  nowMs: () => number;
  /** This process has heard of a change, whoever made it. */
  onChange?: (change: BreakerChange) => void;
  onError: (error: unknown) => void;
}

/** Messages may be lost. */
const READ_AGAIN_MS = 500;

/** Reads all breakers before it resolves, or reports why not: then all count as closed until Redis answers. */
export async function openHealthBoard(options: HealthBoardOptions): Promise<HealthBoard> {
  const breakers = new Map<string, Map<string, { breaker: Breaker; heardAt: number }>>();
  let closed = false;
  let timer: NodeJS.Timeout | null = null;
  let stopFollowing = (): void => {};

  const of = (provider: string): Map<string, { breaker: Breaker; heardAt: number }> => {
    const found = breakers.get(provider) ?? new Map<string, { breaker: Breaker; heardAt: number }>();
    breakers.set(provider, found);
    return found;
  };
  const set = (provider: string, field: string, breaker: Breaker): void => {
    const before = describe(of(provider).get(field)?.breaker ?? NEW_BREAKER);
    of(provider).set(field, { breaker, heardAt: performance.now() });
    const after = describe(breaker);
    if (before === after) return;
    options.onChange?.({ subject: { provider, ...parseHealthField(field) }, from: before, to: after });
  };
  const readProvider = async (provider: string): Promise<void> => {
    const askedAt = performance.now();
    const stored = await options.store.breakers(provider);
    if (closed) return;
    for (const field of new Set([...stored.keys(), ...of(provider).keys()])) {
      // Of what was heard since, the answer may not know yet. What is gone is closed: Redis has lost its data.
      if ((of(provider).get(field)?.heardAt ?? -1) < askedAt) {
        set(provider, field, stored.get(field) ?? NEW_BREAKER);
      }
    }
  };
  const read = async (): Promise<void> => {
    await Promise.all(options.providers().map(readProvider));
  };
  const schedule = (): void => {
    if (closed) return;
    timer = setTimeout(() => void read().catch(options.onError).finally(schedule), READ_AGAIN_MS);
  };
  await read().catch(options.onError);
  schedule();

  return {
    breaker(subject) {
      const known = breakers.get(subject.provider)?.get(healthField(subject));
      return known ? advanceBreaker(known.breaker, options.nowMs(), options.policy()) : NEW_BREAKER;
    },
    put(subject, breaker) {
      const known = of(subject.provider).get(healthField(subject));
      if (known && known.breaker.epoch > breaker.epoch) return;
      set(subject.provider, healthField(subject), breaker);
    },
    all: () =>
      Array.from(breakers, ([provider, fields]) =>
        Array.from(fields, ([field, { breaker }]) => ({
          subject: { provider, ...parseHealthField(field) },
          breaker: advanceBreaker(breaker, options.nowMs(), options.policy()),
        })),
      ).flat(),
    follow(subscriber) {
      const onMessage = (_channel: string, text: string): void => {
        const message = JSON.parse(text) as {
          type?: string;
          provider?: string;
          field?: string;
          breaker?: string;
        };
        if (message.type !== 'breaker' || !message.provider || !message.field) return;
        set(message.provider, message.field, decodeBreaker(message.breaker));
      };
      subscriber.on('message', onMessage);
      stopFollowing = () => void subscriber.off('message', onMessage);
    },
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
      stopFollowing();
    },
  };
}

function describe({ phase, forced }: Breaker): BreakerChange['from'] {
  return forced ? `forced_${forced}` : phase.state;
}
