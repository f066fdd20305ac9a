import { Worker, type Job as BullJob } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Tier } from '@sluice/contracts';
import {
  fromFirstTurn,
  parseTicketId,
  type Broker,
  type JobRecord,
  type Released,
  type WorkerState,
} from '@sluice/broker';
import type { AbortReason } from './abort-reason.ts';

export interface DrainProviderOptions {
  provider: string;
  tiers: readonly Tier[];
  /** Calls at once in this process. */
  capacity: number;
  /** What the provider allows per second, and calls at once; 0 for no limit. */
  pace: () => WorkerState['pace'];
  broker: Broker;
  /** For BullMQ workers, whose commands block; borrowed. */
  connection: Redis;
  worker: string;
  /** How long a ticket stays this process's without renewal. @defaultValue 10,000 */
  lockMs?: number | undefined;
  /** How often tickets without a lock are looked for; the same in every process. @defaultValue 5,000 */
  stalledCheckMs?: number | undefined;
  run: (
    ticket: string,
    turn: {
      /** What the ticket itself says about a job that nothing has happened to yet; null: its record must be read. */
      known: JobRecord | null;
      control: AbortController;
      onPermit: (ticket: string) => void;
    },
  ) => Promise<void>;
  onError: (error: unknown, context: { ticket?: string }) => void;
}

export interface ProviderDrain {
  /** Ends the call or the wait for a job, if this process has it. */
  abortJob(jobId: string, reason: AbortReason): void;
  /** Jobs whose call or wait runs here. */
  jobIds(): readonly string[];
  readonly tiers: readonly Tier[];
  /** Calls that run, tickets that wait for a permit, and how long ago a ticket last came, or the drain began. */
  state(): { inflight: number; held: number; quietMs: number };
  /** Stops taking tickets, gives running calls `graceMs` to end, then hands back the rest. Idempotent. */
  close(options: { graceMs: number }): Promise<void>;
}

const SHUTDOWN: AbortReason = 'shutdown';
const TICK_MS = 250;
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 5_000;

/** Drains the queues of one provider: takes ready tickets, keeps the release stage informed, ends what must end. */
export function drainProvider(options: DrainProviderOptions): ProviderDrain {
  const { provider, tiers, broker, worker } = options;
  const running = new Map<string, { control: AbortController; permitted: boolean }>();
  let lastTicketAt = performance.now();
  let timer: NodeJS.Timeout | null = null;
  let leaving = false;
  let closing: Promise<void> | null = null;

  const inflight = (): number => Array.from(running.values()).filter(({ permitted }) => permitted).length;

  const handOn = async (released: Released): Promise<void> => {
    await broker.placement.handOn(provider, released);
    if (released.nextDueMs !== null && released.nextDueMs < TICK_MS) scheduleTick(released.nextDueMs + 1);
  };
  const report = (ticket: string, started: boolean): void => {
    broker.backlog
      .report(provider, { worker, inflight: inflight(), ticket, started })
      .then(handOn)
      .catch((error: unknown) => options.onError(error, {}));
  };

  const process = async (ticket: string, known: JobRecord | null): Promise<void> => {
    const state = { control: new AbortController(), permitted: false };
    running.set(ticket, state);
    // A fetch that was under way when the worker paused still brings its ticket.
    if (leaving) state.control.abort(SHUTDOWN);
    lastTicketAt = performance.now();
    const onPermit = (): void => {
      state.permitted = true;
      // The start of the attempt is sent in this turn of the event loop, and first: a caller may wait for it.
      setImmediate(() => {
        if (running.get(ticket) === state) report(ticket, true);
      });
    };
    try {
      await options.run(ticket, { known, control: state.control, onPermit });
    } catch (error) {
      // The record still says where the job stands; the stalled check or the sweeper goes on from there.
      options.onError(error, { ticket });
    } finally {
      running.delete(ticket);
      report(ticket, false);
    }
  };

  const tick = async (): Promise<void> => {
    const capacity = leaving ? 0 : options.capacity;
    const state = {
      worker,
      capacity,
      inflight: inflight(),
      tiers,
      pace: options.pace(),
      held: Array.from(running.keys()),
    };
    await handOn(await broker.backlog.tick(provider, state));
  };
  const scheduleTick = (afterMs: number): void => {
    if (leaving) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      tick()
        .catch((error: unknown) => options.onError(error, {}))
        .finally(() => {
          if (!timer) scheduleTick(TICK_MS);
        });
    }, afterMs);
  };

  const workers = tiers.map((tier) => {
    const take = ({ id, data, attemptsStarted }: BullJob): Promise<void> =>
      process(id as string, attemptsStarted === 1 ? fromFirstTurn(data, broker.codec) : null);
    const bull = new Worker(broker.keys.queueName(provider, tier), take, {
      connection: options.connection,
      prefix: broker.keys.queuePrefix(provider, tier),
      concurrency: options.capacity,
      lockDuration: options.lockMs ?? LOCK_MS,
      stalledInterval: options.stalledCheckMs ?? STALLED_CHECK_MS,
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    bull.on('error', (error) => options.onError(error, {}));
    bull.on('lockRenewalFailed', (tickets) => {
      for (const ticket of tickets) running.get(ticket)?.control.abort('lease_lost' satisfies AbortReason);
    });
    return bull;
  });
  scheduleTick(0);

  const close = async (graceMs: number): Promise<void> => {
    leaving = true;
    if (timer) clearTimeout(timer);
    // Leave the release stage first, or what is handed back comes straight back here.
    await tick().catch((error: unknown) => options.onError(error, {}));
    await Promise.allSettled(workers.map((bull) => bull.pause(true)));
    for (const { control, permitted } of running.values()) if (!permitted) control.abort(SHUTDOWN);
    await settled(running, graceMs);
    for (const { control } of running.values()) control.abort(SHUTDOWN);
    await settled(running, HAND_BACK_MS);
    // Without Redis a graceful close would wait for ever.
    const force = running.size > 0 || options.connection.status !== 'ready';
    await Promise.allSettled(workers.map((bull) => bull.close(force)));
  };

  return {
    tiers,
    abortJob(jobId, reason) {
      for (const [ticket, { control }] of running)
        if (parseTicketId(ticket).jobId === jobId) control.abort(reason);
    },
    jobIds: () => Array.from(running.keys(), (ticket) => parseTicketId(ticket).jobId),
    state: () => ({
      inflight: inflight(),
      held: running.size - inflight(),
      quietMs: performance.now() - lastTicketAt,
    }),
    close({ graceMs }) {
      closing ??= close(graceMs);
      return closing;
    },
  };
}

/** Time for the scripts that hand running jobs back. */
const HAND_BACK_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** Resolves when nothing runs any more, or when the time is over. */
async function settled(running: ReadonlyMap<string, unknown>, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (running.size > 0 && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
