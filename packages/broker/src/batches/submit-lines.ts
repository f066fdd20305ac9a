import { parseTarget, type Target } from '@sluice/contracts';
import { Redis } from 'ioredis';
import { ticketId, type Backlog } from '../backlog.ts';
import { toPoolTicket, type LanePool } from '../batch-lane/lane-pool.ts';
import type { JobCodec } from '../job-codec.ts';
import type { NewJob } from '../job-record.ts';
import type { KeyQuotas } from '../key-quotas.ts';
import type { Keys } from '../keys.ts';
import type { Placement } from '../placement.ts';
import { readScript, runScript, type RedisClient, type Script } from '../script.ts';

const createScript = readScript('create');
const admitScript = readScript('admit-many');

export interface SubmitLinesDeps {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  backlog: Backlog;
  placement: Pick<Placement, 'handOn'>;
  lanePool: Pick<LanePool, 'add'>;
  quotas: Pick<KeyQuotas, 'takeMany' | 'settle'>;
  isFull: () => Promise<boolean>;
  onDeferredError: (error: unknown) => void;
}

export type SubmitLinesOutcome =
  /** The first so many are stored and queued; the tenant may have, or its key may take, no more of them now. */
  | { status: 'ok'; submitted: number }
  /** Redis is above 80 % of its memory limit. */
  | { status: 'full' };

/**
 * Stores and queues many jobs of one tenant at once: four round trips however many there are. May be repeated: jobs
 * that exist stay as they are, and the sweeper queues those that a lost process stored and did not queue.
 */
export function createSubmitLines(deps: SubmitLinesDeps) {
  const { redis, keys, codec, backlog, placement } = deps;

  /** All of them in one piece of network traffic where there is one server. */
  const createAll = async (jobs: readonly NewJob[]): Promise<unknown[]> => {
    const args = (job: NewJob): [string[], string[]] => [
      [keys.job(job.id), keys.events(job.id), keys.outbox(job.id), keys.tombstone(job.id)],
      [job.bodyHash, ...codec.encodeNew(job)],
    ];
    if (!(redis instanceof Redis)) {
      return Promise.all(jobs.map((job) => runScript(redis, createScript, ...args(job))));
    }
    const first = jobs[0] as NewJob;
    // Teaches the server the script, so that the digest is enough for the others.
    const firstOutcome = await runScript(redis, createScript, ...args(first));
    const pipeline = redis.pipeline();
    for (const job of jobs.slice(1)) addScript(pipeline, createScript, ...args(job));
    const rest = (await pipeline.exec()) ?? [];
    return [
      firstOutcome,
      ...rest.map(([error, outcome]) => {
        if (error) throw error;
        return outcome;
      }),
    ];
  };

  /** In the open sets first: from then on the sweeper knows of the jobs, whatever happens to this process. */
  const enter = async (jobs: readonly NewJob[]): Promise<void> => {
    const shards = Map.groupBy(jobs, (job) => keys.open(job.id));
    const providers = new Set(jobs.map(providerOf));
    await Promise.all([
      ...Array.from(shards, ([shard, members]) =>
        redis.zadd(shard, 'NX', ...members.flatMap((job) => [job.createdAtMs, job.id])),
      ),
      redis.sadd(keys.providers, ...providers),
      redis.sadd(keys.tenants, (jobs[0] as NewJob).tenant),
    ]);
  };

  const queue = async (jobs: readonly NewJob[]): Promise<void> => {
    const pooled = jobs.filter((job) => job.lane === 'batch');
    await Promise.all(
      pooled.map((job) =>
        deps.lanePool.add(
          providerOf(job),
          toPoolTicket({ ...job, turn: 1, targetIndex: job.targetIndex ?? 0 }),
        ),
      ),
    );
    const waiting = jobs.filter((job) => job.lane !== 'batch');
    for (const [provider, group] of Map.groupBy(waiting, providerOf)) {
      const released = await backlog.enqueueMany(
        provider,
        group.map((job) => ({
          ticket: ticketId(job.id, 1),
          tier: job.tier,
          tenant: job.tenant,
          deadlineMs: job.deadlineMs,
          cost: job.estimatedTokens,
          readyAtMs: 0,
          model: parseTarget(firstTarget(job))?.model ?? '',
        })),
      );
      placement.handOn(provider, released).catch(deps.onDeferredError);
    }
  };

  /** Those of the jobs, from the first, that their key may take now. */
  const takeQuota = async (jobs: readonly NewJob[]): Promise<readonly NewJob[]> => {
    const { keyId, keyLimits } = jobs[0] as NewJob;
    if (!keyLimits) return jobs;
    const wanted = jobs.map(({ id, estimatedTokens: tokens }) => ({ id, tokens }));
    return jobs.slice(0, await deps.quotas.takeMany(keyId, wanted, keyLimits));
  };
  const giveBack = async (jobs: readonly NewJob[]): Promise<void> => {
    const counted = jobs.filter(({ keyLimits }) => keyLimits !== undefined);
    await Promise.all(counted.map(({ id, keyId }) => deps.quotas.settle(keyId, id, 0)));
  };

  return async (jobs: readonly NewJob[]): Promise<SubmitLinesOutcome> => {
    const [first] = jobs;
    if (!first) return { status: 'ok', submitted: 0 };
    if (await deps.isFull()) return { status: 'full' };
    const { tenant, createdAtMs, maxOpenJobs = 0 } = first;
    const affordable = await takeQuota(jobs);
    if (affordable.length === 0) return { status: 'ok', submitted: 0 };
    const ids = affordable.map((job) => job.id);
    const submitted = Number(
      await runScript(redis, admitScript, [keys.index(tenant, 'open')], [maxOpenJobs, createdAtMs, ...ids]),
    );
    const admitted = affordable.slice(0, submitted);
    await giveBack(affordable.slice(submitted));
    if (admitted.length === 0) return { status: 'ok', submitted: 0 };
    await enter(admitted);
    const outcomes = await createAll(admitted);
    const isNew = (_job: NewJob, at: number): boolean => outcomes[at] === 'created';
    await queue(admitted.filter(isNew));
    return { status: 'ok', submitted };
  };
}

export type SubmitLines = ReturnType<typeof createSubmitLines>;

function firstTarget({ chain, targetIndex = 0 }: NewJob): Target {
  return chain[targetIndex] as Target;
}

function providerOf(job: NewJob): string {
  return parseTarget(firstTarget(job))?.provider ?? '';
}

function addScript(
  pipeline: ReturnType<Redis['pipeline']>,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
): void {
  pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
}
