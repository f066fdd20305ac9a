import { TIERS, type Tier } from '@sluice/contracts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';

const scripts = {
  enqueue: readScript('enqueue'),
  report: readScript('report'),
  tick: readScript('tick'),
  withdraw: readScript('withdraw'),
  overdue: readScript('overdue'),
  place: readScript('place'),
  depth: readScript('depth'),
};

/** A ticket id is `<job id>.<turn>`; it is never used twice. */
export function ticketId(jobId: string, turn: number): string {
  return `${jobId}.${turn}`;
}

export function parseTicketId(ticket: string): { jobId: string; turn: number } {
  const dot = ticket.lastIndexOf('.');
  return { jobId: ticket.slice(0, dot), turn: Number(ticket.slice(dot + 1)) };
}

/** What the release stage lets go: the caller adds tickets to BullMQ and queues lost ones anew. */
export interface Released {
  tickets: readonly { ticket: string; tier: Tier }[];
  /** Ready tickets that no live worker holds any more. */
  lost: readonly string[];
  /** Milliseconds until the next delayed ticket is due; null when there is none. */
  nextDueMs: number | null;
}

export interface WaitingTicket {
  ticket: string;
  tier: Tier;
  tenant: string;
  deadlineMs: number;
  /** Expected tokens: what fairness counts. */
  cost: number;
  /** Not before this time of Redis' clock; 0 for now. */
  readyAtMs: number;
}

export interface WorkerState {
  worker: string;
  /** Calls that this process takes at once; 0 when it leaves. */
  capacity: number;
  inflight: number;
  tiers: readonly Tier[];
  /** The provider's limits per second; 0 for none. */
  pace: { requests: number; tokens: number; slots: number };
  /** Ready tickets that wait for a permit in this process. */
  held: readonly string[];
}

export type Place =
  | { status: 'waiting'; before: number; startsPerSecond: number }
  | { status: 'delayed'; dueMs: number }
  | { status: 'ready' }
  | { status: 'absent' };

export interface BacklogDepth {
  waiting: Record<Tier, number>;
  delayed: number;
  ready: number;
  capacity: number;
  inflight: number;
}

/** A worker that has not ticked for this long is not counted any more. */
const WORKER_TTL_MS = 5_000;

/**
 * What waits at each provider, and the release stage that decides who goes next. All methods are one script on
 * the provider's hash tag; Redis is borrowed.
 */
export function createBacklog({
  redis,
  keys,
  shares,
}: {
  redis: RedisClient;
  keys: Keys;
  shares: Record<Tier, number>;
}) {
  const shareList = TIERS.map((tier) => shares[tier]).join(',');
  const run = (script: keyof typeof scripts, provider: string, args: readonly (string | number)[]) =>
    runScript(redis, scripts[script], [keys.backlog(provider)], args);

  return {
    /** Idempotent by ticket id. */
    async enqueue(provider: string, waiting: WaitingTicket): Promise<Released> {
      const { ticket, tier, tenant, deadlineMs, cost, readyAtMs } = waiting;
      return parseReleased(
        await run('enqueue', provider, [
          shareList,
          ticket,
          tier,
          tenant,
          deadlineMs,
          Math.max(1, Math.round(cost)),
          readyAtMs,
        ]),
      );
    },

    /** A call was started for a ticket, a ticket was dropped, or (without ticket) a call ended. */
    async report(
      provider: string,
      {
        worker,
        inflight,
        ticket,
        started,
      }: { worker: string; inflight: number; ticket: string | null; started: boolean },
    ): Promise<Released> {
      return parseReleased(
        await run('report', provider, [shareList, worker, inflight, ticket ?? '', started ? '1' : '0']),
      );
    },

    async tick(provider: string, state: WorkerState): Promise<Released> {
      const { worker, capacity, inflight, tiers, pace, held } = state;
      return parseReleased(
        await run('tick', provider, [
          shareList,
          worker,
          capacity,
          inflight,
          WORKER_TTL_MS,
          tiers.join(','),
          pace.requests,
          pace.tokens,
          pace.slots,
          ...held,
        ]),
      );
    },

    async withdraw(provider: string, ticket: string): Promise<Released> {
      return parseReleased(await run('withdraw', provider, [shareList, ticket]));
    },

    /** Waiting tickets whose deadline has passed, at most `limit` of each tenant. */
    async overdue(provider: string, limit: number): Promise<readonly string[]> {
      return (await run('overdue', provider, [limit])) as string[];
    },

    async place(provider: string, ticket: string): Promise<Place> {
      const [status, first, second] = (await run('place', provider, [ticket])) as [
        Place['status'],
        number,
        number,
      ];
      if (status === 'waiting') return { status, before: first, startsPerSecond: second / 1000 };
      if (status === 'delayed') return { status, dueMs: first };
      return { status };
    },

    async depth(provider: string): Promise<BacklogDepth> {
      const flat = (await run('depth', provider, [])) as (string | number)[];
      const counts = new Map<string, number>();
      for (let i = 0; i < flat.length; i += 2) counts.set(String(flat[i]), Number(flat[i + 1]));
      const of = (name: string) => counts.get(name) ?? 0;
      return {
        waiting: { priority: of('priority'), standard: of('standard'), flex: of('flex') },
        delayed: of('delayed'),
        ready: of('ready'),
        capacity: of('capacity'),
        inflight: of('inflight'),
      };
    },
  };
}

export type Backlog = ReturnType<typeof createBacklog>;

function parseReleased(reply: unknown): Released {
  const [released, lost, nextDueMs] = reply as [string[], string[], number];
  return {
    tickets: released.map((entry) => {
      const bar = entry.lastIndexOf('|');
      return { ticket: entry.slice(0, bar), tier: entry.slice(bar + 1) as Tier };
    }),
    lost,
    nextDueMs: nextDueMs < 0 ? null : nextDueMs,
  };
}
