import type { Tier } from '@sluice/contracts';
import { parseBacklogDepth, type BacklogDepth } from './backlog-depth.ts';
import { encodePolicy } from './encode-policy.ts';
import type { FairnessPolicy } from './fairness-policy.ts';
import type { Keys } from './keys.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { scriptCommand, type Command } from './send-at-once.ts';

const scripts = {
  enqueue: readScript('enqueue'),
  enqueueMany: readScript('enqueue-many'),
  report: readScript('report'),
  tick: readScript('tick'),
  withdraw: readScript('withdraw'),
  overdue: readScript('overdue'),
  place: readScript('place'),
  depth: readScript('depth'),
  setPolicy: readScript('set-policy'),
  hold: readScript('hold'),
  wake: readScript('wake'),
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
  /** Milliseconds until a delayed ticket is due or a hold ends; null when there is neither. */
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
  /** The vendor's model name: one whose own limits are used up keeps no other back. @defaultValue '' */
  model?: string;
}

/** Starts and tokens a second, calls at once; 0 for no limit. */
export interface Pace {
  requests: number;
  tokens: number;
  slots: number;
}

export interface WorkerState {
  worker: string;
  /** Calls that this process takes at once; 0 when it leaves. */
  capacity: number;
  inflight: number;
  tiers: readonly Tier[];
  /** The provider's limits, and those of models that have their own. */
  pace: Pace & { models?: Readonly<Record<string, Pace>> };
  /** Tickets that this process has: those that wait for a permit and those whose calls run. */
  held: readonly string[];
}

export type Place =
  /** `etaMs` is the time until it starts; null when no worker drains its tier or the pace is not known yet. */
  | { status: 'waiting'; before: number; etaMs: number | null }
  /** `before` would go first if it were due now. */
  | { status: 'delayed'; before: number; etaMs: number }
  | { status: 'ready' }
  | { status: 'absent' };

/** A worker that has not ticked for this long is not counted any more. */
const WORKER_TTL_MS = 5_000;

/**
 * What waits at each provider, and the release stage that decides who goes next. All methods are one script on
 * the provider's hash tag; Redis is borrowed.
 */
export function createBacklog({
  redis,
  keys,
  policy: firstPolicy,
}: {
  redis: RedisClient;
  keys: Keys;
  policy: FairnessPolicy;
}) {
  let policy = encodePolicy(firstPolicy);
  /** Providers that have been given the policy in force by this process. */
  const informed = new Set<string>();
  const run = (script: keyof typeof scripts, provider: string, args: readonly (string | number)[]) =>
    runScript(redis, scripts[script], [keys.backlog(provider)], args);

  return {
    /** Idempotent by ticket id. */
    async enqueue(provider: string, waiting: WaitingTicket): Promise<Released> {
      return parseReleased(await run('enqueue', provider, enqueueArgs(waiting)));
    },

    /** The same as a command to be sent with others, and how to read its answer. */
    enqueuing(
      provider: string,
      waiting: WaitingTicket,
    ): { command: Command; read: (reply: unknown) => Released } {
      const command = scriptCommand(scripts.enqueue, [keys.backlog(provider)], enqueueArgs(waiting));
      return { command, read: parseReleased };
    },

    /** Many tickets that may start now, at once. Idempotent by ticket id. */
    async enqueueMany(provider: string, waiting: readonly WaitingTicket[]): Promise<Released> {
      const args = waiting.flatMap(({ ticket, tier, tenant, deadlineMs, cost, model = '' }) => [
        ticket,
        tier,
        tenant,
        deadlineMs,
        Math.max(1, Math.round(cost)),
        model,
      ]);
      return parseReleased(await run('enqueueMany', provider, args));
    },

    /** A call was started for a ticket; or its call ended, or it was dropped or handed back. */
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
        await run('report', provider, [worker, inflight, ticket ?? '', started ? '1' : '0']),
      );
    },

    async tick(provider: string, state: WorkerState): Promise<Released> {
      const { worker, capacity, inflight, tiers, pace, held } = state;
      const models = Object.entries(pace.models ?? {}).map(
        ([model, own]) => [model, `${own.requests}|${own.tokens}|${own.slots}`] as const,
      );
      const args = [
        worker,
        capacity,
        inflight,
        WORKER_TTL_MS,
        tiers.join(','),
        pace.requests,
        pace.tokens,
        pace.slots,
        JSON.stringify(Object.fromEntries(models)),
        ...held,
      ];
      const reply = await run('tick', provider, [informed.has(provider) ? '' : policy, ...args]);
      informed.add(provider);
      if ((reply as unknown[])[0] !== 'no policy') return parseReleased(reply);
      return parseReleased(await run('tick', provider, [policy, ...args]));
    },

    /** Takes another policy: in force here at once, at a provider with the next `tick` or `publishPolicy`. */
    setPolicy(next: FairnessPolicy): void {
      policy = encodePolicy(next);
      informed.clear();
    },

    /** Puts the policy of this process in force at a provider, for all processes. */
    async publishPolicy(provider: string): Promise<void> {
      await run('setPolicy', provider, [policy]);
      informed.add(provider);
    },

    /**
     * Keeps tickets of a model (null: all) in the backlog for so long, because a permit would only be refused.
     * A shorter hold replaces a longer one.
     */
    async hold(provider: string, { model, forMs }: { model: string | null; forMs: number }): Promise<void> {
      await run('hold', provider, [model ?? '*', Math.ceil(forMs)]);
    },

    /** Delayed tickets of these models need not wait any longer; they go with the next release. Answers how many. */
    async wake(provider: string, models: readonly string[]): Promise<number> {
      return Number(await run('wake', provider, models));
    },

    async withdraw(provider: string, ticket: string): Promise<Released> {
      return parseReleased(await run('withdraw', provider, [ticket]));
    },

    /** Waiting tickets whose deadline has passed, at most `limit` of each tenant and model. */
    async overdue(provider: string, limit: number): Promise<readonly string[]> {
      return (await run('overdue', provider, [limit])) as string[];
    },

    async place(provider: string, ticket: string): Promise<Place> {
      const [status, first, second] = (await run('place', provider, [ticket])) as [
        Place['status'],
        number,
        number,
      ];
      if (status === 'waiting') return { status, before: first, etaMs: second < 0 ? null : second };
      if (status === 'delayed') return { status, before: first, etaMs: second };
      return { status };
    },

    async depth(provider: string): Promise<BacklogDepth> {
      return parseBacklogDepth((await run('depth', provider, [])) as (string | number)[]);
    },
  };
}

export type Backlog = ReturnType<typeof createBacklog>;

function enqueueArgs(waiting: WaitingTicket): (string | number)[] {
  const { ticket, tier, tenant, deadlineMs, cost, readyAtMs, model = '' } = waiting;
  return [ticket, tier, tenant, deadlineMs, Math.max(1, Math.round(cost)), readyAtMs, model];
}

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
