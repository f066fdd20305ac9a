import type { Keys } from '../keys.ts';
import { serverTimeMs } from '../server-time-ms.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';
import { decodeRun, type LaneRun, type RunState } from './lane-run.ts';

const scripts = {
  lead: readScript('lane/lead'),
  resign: readScript('lane/resign'),
  openRun: readScript('lane/open-run'),
  fillRun: readScript('lane/fill-run'),
  advanceRun: readScript('lane/advance-run'),
  settleLines: readScript('lane/settle-lines'),
  closeRun: readScript('lane/close-run'),
};

/** Who collects for a pool; every change of its runs carries the fence. */
export interface Lead {
  provider: string;
  /** See `poolName`. */
  pool: string;
  fence: number;
}

export interface RunLine {
  /** From 0. */
  n: number;
  ticket: string;
}

/** What waits for a batch in one pool. */
export interface PoolLoad {
  lines: number;
  bytes: number;
  tokens: number;
  /** How long the first of them waits. */
  oldestMs: number;
  /** Of the first that is due; null when nothing waits. */
  deadlineMs: number | null;
}

export interface LaneOverview {
  /** Jobs that wait for a batch. */
  waiting: number;
  runs: readonly LaneRun[];
  nowMs: number;
}

export interface RunLimits {
  lines: number;
  bytes: number;
  /** 0: any. */
  tokens: number;
}

/** Another may have up to so many times the first's time; more would be hurried by the first's deadline. */
const TIME_SPREAD = 3;
/** Tickets that one script moves: some milliseconds of Redis. */
const FILL_CHUNK = 500;
const LINES_PAGE = 1_000;

/** Runs of the providers' batch lanes: who leads, and every step of a run, each one script on the provider's tag. */
export function createLaneRuns({ redis, keys }: { redis: RedisClient; keys: Keys }) {
  const run = (script: keyof typeof scripts, provider: string, args: readonly (string | number)[]) =>
    runScript(redis, scripts[script], [keys.lane(provider)], args);
  const stem = keys.lane;

  const read = async (provider: string, id: string): Promise<LaneRun | null> =>
    decodeRun(await redis.hgetall(`${stem(provider)}:run:${id}`));

  const list = async (provider: string): Promise<LaneRun[]> => {
    const ids = await redis.zrange(`${stem(provider)}:runs`, '0', '-1');
    const runs = await Promise.all(ids.map((id) => read(provider, id)));
    return runs.filter((found) => found !== null);
  };

  return {
    read,
    list,

    /** Names of the pools that have waiting jobs or runs. */
    pools: (provider: string): Promise<string[]> => redis.smembers(`${stem(provider)}:pools`),

    /** Becomes or stays the leader of a pool; null while another is. */
    async lead(
      provider: string,
      { pool, holder, leaseMs }: { pool: string; holder: string; leaseMs: number },
    ): Promise<Lead | null> {
      const fence = Number(await run('lead', provider, [pool, holder, leaseMs]));
      return fence === 0 ? null : { provider, pool, fence };
    },

    async resign({ provider, pool, fence }: Lead): Promise<void> {
      await run('resign', provider, [pool, fence]);
    },

    async load(provider: string, pool: string, nowMs: number): Promise<PoolLoad> {
      const [sums, oldest, first] = await Promise.all([
        redis.hmget(`${stem(provider)}:load:${pool}`, 'lines', 'bytes', 'tokens'),
        redis.zrange(`${stem(provider)}:since:${pool}`, '0', '0', 'WITHSCORES'),
        redis.zrange(`${stem(provider)}:pool:${pool}`, '0', '0', 'WITHSCORES'),
      ]);
      const [lines = 0, bytes = 0, tokens = 0] = sums.map(Number);
      return {
        lines,
        bytes,
        tokens,
        oldestMs: oldest[1] === undefined ? 0 : Math.max(0, nowMs - Number(oldest[1])),
        deadlineMs: first[1] === undefined ? null : Number(first[1]),
      };
    },

    /** Waiting tickets that are due first. */
    firstWaiting: (provider: string, pool: string, limit: number): Promise<string[]> =>
      redis.zrange(`${stem(provider)}:pool:${pool}`, '0', String(limit - 1)),

    /** False when another leads. */
    async open(lead: Lead, { id, maxTokens }: { id: string; maxTokens: number }): Promise<boolean> {
      return (await run('openRun', lead.provider, [lead.pool, lead.fence, id, maxTokens])) === 1;
    },

    /** Moves waiting tickets into a run until it is sealed; how many lines it has then, or null when another leads. */
    async fill(lead: Lead, id: string, limits: RunLimits): Promise<number | null> {
      for (;;) {
        const args = [FILL_CHUNK, limits.lines, limits.bytes, limits.tokens, TIME_SPREAD];
        const reply = (await run('fillRun', lead.provider, [lead.pool, lead.fence, id, ...args])) as [
          number,
          string?,
        ];
        if (reply[0] < 0) return null;
        if (reply[1] === '1') return reply[0];
      }
    },

    /** Writes the next step, or facts about the present one. */
    async advance(
      lead: Lead,
      { run: id, from, to, fields = {} }: { run: string; from: RunState; to: RunState; fields?: RunFields },
    ): Promise<'ok' | 'fenced' | 'busy'> {
      const pairs = Object.entries(fields).flatMap(([field, value]) => [field, String(value)]);
      const args = [lead.pool, lead.fence, id, from, to, ...pairs];
      return (await run('advanceRun', lead.provider, args)) as 'ok' | 'fenced' | 'busy';
    },

    async *lines(provider: string, id: string): AsyncGenerator<RunLine[]> {
      for (let start = 0; ; start += LINES_PAGE) {
        const tickets = await redis.lrange(`${stem(provider)}:lines:${id}`, start, start + LINES_PAGE - 1);
        if (tickets.length === 0) return;
        yield tickets.map((ticket, index) => ({ n: start + index, ticket }));
        if (tickets.length < LINES_PAGE) return;
      }
    },

    /** Which lines are settled, as a function of their number. */
    async settled(provider: string, id: string): Promise<(n: number) => boolean> {
      const bits = (await redis.getBuffer(`${stem(provider)}:done:${id}`)) ?? Buffer.alloc(0);
      return (n) => (((bits[n >> 3] ?? 0) >> (7 - (n & 7))) & 1) === 1;
    },

    /** Notes lines as settled; how many were not before. May be repeated. */
    async settle(provider: string, id: string, lines: readonly RunLine[]): Promise<number> {
      if (lines.length === 0) return 0;
      const args = lines.flatMap(({ n, ticket }) => [n, ticket]);
      return Number(await run('settleLines', provider, [id, ...args]));
    },

    async close(lead: Lead, id: string): Promise<'closed' | 'open' | 'fenced'> {
      const args = [lead.pool, lead.fence, id];
      return (await run('closeRun', lead.provider, args)) as 'closed' | 'open' | 'fenced';
    },

    /** Whether a batch of the provider is, or was, a run of ours. */
    async owns(provider: string, batchIds: readonly string[]): Promise<boolean[]> {
      const scores = await Promise.all(batchIds.map((id) => redis.zscore(`${stem(provider)}:owned`, id)));
      return scores.map((score) => score !== null);
    },

    async overview(provider: string): Promise<LaneOverview> {
      const pools = await redis.smembers(`${stem(provider)}:pools`);
      const counts = await Promise.all(pools.map((pool) => redis.zcard(`${stem(provider)}:pool:${pool}`)));
      const [runs, nowMs] = await Promise.all([list(provider), serverTimeMs(redis)]);
      return { waiting: counts.reduce((sum, count) => sum + count, 0), runs, nowMs };
    },
  };
}

export type LaneRuns = ReturnType<typeof createLaneRuns>;

/** Facts of a run that change as it goes. */
export type RunFields = Partial<
  Record<'sent' | 'file' | 'batch' | 'cancelled' | 'hedged' | 'foreign', string | number>
>;
