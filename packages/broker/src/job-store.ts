import { Redis } from 'ioredis';
import { isTerminal, JOB_STATUSES } from '@sluice/contracts';
import { ticketId, type Backlog, type Released } from './backlog.ts';
import {
  RedisUnavailableError,
  type CancelOutcome,
  type JobStore,
  type QueuePlace,
  type SubmitOutcome,
} from './broker.ts';
import type { LanePool } from './batch-lane/lane-pool.ts';
import { publishCancel } from './cancel-channel.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord, NewJob } from './job-record.ts';
import type { KeyQuotas } from './key-quotas.ts';
import type { Keys } from './keys.ts';
import type { Outbox } from './outbox.ts';
import { listJobs } from './list-jobs.ts';
import { providerOf, type Placement } from './placement.ts';
import { toFirstTurn, type FirstTurn } from './first-turn.ts';
import { readEvents } from './read-events.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { scriptCommand, sendAtOnce, type Command } from './send-at-once.ts';
import { unpaidEnd, type Transitions } from './transitions.ts';
import { wantsEvent } from './wants-event.ts';

const scripts = {
  admit: readScript('admit'),
  create: readScript('create'),
  erase: readScript('erase'),
};

const TOMBSTONE_MS = 86_400_000;
const OPEN_STATUSES = JOB_STATUSES.filter((status) => !isTerminal(status));

/** Why a job was not created. */
type Existing = 'duplicate' | 'conflict' | 'erased';

export interface JobStoreDeps {
  /** Answers within a command timeout and has no offline queue; borrowed. */
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  backlog: Backlog;
  placement: Placement;
  transitions: Transitions;
  outbox: Outbox;
  quotas: Pick<KeyQuotas, 'take' | 'settle'>;
  lanePool: LanePool;
  /** Waits until what was written is as durable as configured. */
  confirmDurable: () => Promise<void>;
  /** True above 80 % of maxmemory. */
  isFull: () => Promise<boolean>;
  /** Removes what webhooks still hold of an erased job. */
  eraseWebhooks: (jobId: string) => Promise<void>;
  /** A step after the job was stored failed; the release stage or the sweeper makes up for it. */
  onDeferredError: (error: unknown) => void;
}

/** The broker as the API sees it. */
export function createJobStore(deps: JobStoreDeps): JobStore {
  const { redis, keys, codec, backlog, placement, transitions } = deps;
  const jobKeys = (id: string) => [keys.job(id), keys.events(id), keys.outbox(id), keys.tombstone(id)];

  const load = async (id: string, tenant: string): Promise<JobRecord | null> => {
    const job = codec.decode(await redis.hgetall(keys.job(id)));
    return job?.tenant === tenant ? job : null;
  };

  const submit = async (job: NewJob): Promise<SubmitOutcome> => {
    if (await deps.isFull()) {
      throw new RedisUnavailableError('Redis is above 80 % of its memory limit.', { reason: 'full' });
    }
    if (!job.keyLimits) return store(job);
    const { id, keyId, estimatedTokens: tokens } = job;
    const taken = await deps.quotas.take({ id, keyId, tokens }, job.keyLimits);
    if (taken.status === 'refused') {
      const { quota, retryAfterMs } = taken;
      return { status: 'over_quota', quota, retryAfterMs };
    }
    const outcome = await store(job);
    // What was reserved for a job that another request had stored is settled by that job's own end.
    if (outcome.status !== 'created' && taken.status === 'taken') await deps.quotas.settle(keyId, id, 0);
    return outcome;
  };

  const store = async (job: NewJob): Promise<SubmitOutcome> => {
    const { maxOpenJobs } = job;
    if (maxOpenJobs !== undefined && !(await admit(job, maxOpenJobs))) {
      return { status: 'tenant_full', maxOpenJobs };
    }
    const record = newRecord(job);
    const outcome =
      job.idIsNew && job.lane !== 'batch' && redis instanceof Redis
        ? await createAtOnce(redis, job, record)
        : await createInTurn(job, record);
    if (outcome !== 'stored') return existingJob(job, outcome);
    await deps.confirmDurable();
    return { status: 'created', job: record };
  };

  /** False when the tenant has as many open jobs as it may; a job that exists already is no further one. */
  const admit = async (job: NewJob, maxOpenJobs: number): Promise<boolean> => {
    const [, , admitted] = await Promise.all([
      redis.zadd(keys.open(job.id), 'NX', job.createdAtMs, job.id),
      redis.sadd(keys.tenants, job.tenant),
      runScript(
        redis,
        scripts.admit,
        [keys.index(job.tenant, 'open')],
        [job.id, job.createdAtMs, maxOpenJobs],
      ),
    ]);
    if (admitted === 1 || (await redis.exists(keys.job(job.id))) === 1) return true;
    await redis.zrem(keys.open(job.id), job.id);
    return false;
  };

  /** The open entry comes first: from then on the sweeper knows of the job, whatever happens to this process. */
  const entries = (job: NewJob, record: JobRecord): Command[] => [
    ['zadd', keys.open(job.id), 'NX', job.createdAtMs, job.id],
    ['zadd', keys.index(job.tenant, 'open'), 'NX', job.createdAtMs, job.id],
    ['sadd', keys.providers, providerOf(record)],
    ['sadd', keys.tenants, job.tenant],
  ];

  const createInTurn = async (job: NewJob, record: JobRecord): Promise<'stored' | Existing> => {
    await Promise.all(entries(job, record).map(([name, ...args]) => redis.call(name, ...args)));
    const fields = codec.encodeNew(job);
    const outcome = await runScript(redis, scripts.create, jobKeys(job.id), [job.bodyHash, ...fields]);
    if (outcome !== 'created') return outcome as Existing;
    stored(job, { fields, released: await placement.enqueue(record) });
    return 'stored';
  };

  /**
   * For an id that can't exist, all in one write and one round trip. A server that does not hold the scripts (it was
   * just started) may release the ticket of a job without a record, and its worker drops it; so the ticket is
   * withdrawn and all is done again in turn.
   */
  const createAtOnce = async (
    server: Redis,
    job: NewJob,
    record: JobRecord,
  ): Promise<'stored' | Existing> => {
    const fields = codec.encodeNew(job);
    const place = placement.enqueuing(record);
    const replies = await sendAtOnce(server, [
      ...entries(job, record),
      scriptCommand(scripts.create, jobKeys(job.id), [job.bodyHash, ...fields]),
      place.command,
    ]);
    const [created, released] = replies.slice(-2);
    if (created === null) {
      const provider = providerOf(record);
      handOn(provider, await backlog.withdraw(provider, ticketId(job.id, record.turn)));
      return createInTurn(job, record);
    }
    stored(job, {
      fields,
      released: released === null ? await placement.enqueue(record) : place.read(released),
    });
    return 'stored';
  };

  const stored = (
    job: NewJob,
    { fields, released }: { fields: readonly string[]; released: Released },
  ): void => {
    handOn(providerOf({ ...job, targetIndex: job.targetIndex ?? 0 }), released, {
      ticket: ticketId(job.id, 1),
      firstTurn: toFirstTurn(job, fields),
    });
    if (wantsEvent(job.options, 'job.queued')) {
      deps.outbox.flush(job.id).catch(deps.onDeferredError);
    }
  };

  /** The id was used before: an ended or erased job must not come back into the indexes of open ones. */
  const existingJob = async (job: NewJob, status: Existing): Promise<SubmitOutcome> => {
    const existing = await load(job.id, job.tenant);
    if (!existing || isTerminal(existing.status)) {
      await redis.zrem(keys.index(job.tenant, 'open'), job.id);
    }
    if (status === 'duplicate') return existing ? { status, job: existing } : { status: 'erased' };
    return { status };
  };

  /** The job is stored; that its ticket reaches BullMQ need not be waited for. */
  const handOn = (
    provider: string,
    released: Released,
    known?: { ticket: string; firstTurn: FirstTurn | null },
  ): void => {
    placement.handOn(provider, released, known).catch(deps.onDeferredError);
  };

  const cancel = async (id: string, tenant: string): Promise<CancelOutcome> => {
    const job = await load(id, tenant);
    if (!job) return { status: 'not_found' };
    const cancelled = { code: 'cancelled', message: 'The job was cancelled by its caller.' } as const;
    const outcome = await transitions.finish(job, {
      condition: 'any',
      status: 'cancelled',
      attemptEnd: unpaidEnd('cancelled', {
        ...cancelled,
        status: null,
        retryable: false,
        failover: false,
        retry_after_ms: null,
      }),
      error: { ...cancelled, param: null, doc_url: '/docs/errors#cancelled', last_error: null },
    });
    const now = (await load(id, tenant)) ?? job;
    if (outcome.status === 'fenced') return { status: 'ended', job: now };
    await publishCancel(redis, keys, id);
    if (job.lane === 'batch') await deps.lanePool.withdraw(providerOf(job), [ticketId(id, job.turn)]);
    else handOn(providerOf(job), await backlog.withdraw(providerOf(job), ticketId(id, job.turn)));
    return { status: 'cancelled', job: now };
  };

  return {
    submit: (job) => asUnavailable(submit(job)),
    get: (id, tenant) => asUnavailable(load(id, tenant)),
    list: (query) => asUnavailable(listJobs({ redis, keys, codec }, query)),
    place: (job) => asUnavailable(queuePlace(backlog, job)),
    cancel: (id, tenant) => asUnavailable(cancel(id, tenant)),
    async erase(id, tenant) {
      const job = await asUnavailable(load(id, tenant));
      if (!job) return { status: 'not_found' };
      const reply = await asUnavailable(runScript(redis, scripts.erase, jobKeys(id), [tenant, TOMBSTONE_MS]));
      if (reply === 'erased') {
        await redis.zrem(keys.index(tenant, job.status), id);
        await deps.eraseWebhooks(id);
      }
      return { status: reply as 'erased' | 'not_ended' | 'not_found' };
    },
    async readEvents(id, page) {
      const slot = { record: keys.job(id), events: keys.events(id), openStatuses: OPEN_STATUSES };
      const outcome = await asUnavailable(readEvents(redis, slot, page));
      if (outcome.status !== 'ok') return outcome;
      return { ...outcome, events: outcome.events.map((event) => codec.openEvent(id, event)) };
    },
  };
}

async function queuePlace(backlog: Backlog, job: JobRecord): Promise<QueuePlace | null> {
  if (job.status !== 'queued') return null;
  const place = await backlog.place(providerOf(job), ticketId(job.id, job.turn));
  switch (place.status) {
    case 'waiting':
    case 'delayed':
      return { position: place.before + 1, etaMs: place.etaMs };
    case 'ready':
      return { position: 1, etaMs: 0 };
    case 'absent':
      return null;
  }
}

function newRecord(job: NewJob): JobRecord {
  const {
    bodyHash: _hash,
    idIsNew: _isNew,
    replyTo: _replyTo,
    maxOpenJobs: _cap,
    keyLimits: _limits,
    targetIndex = 0,
    ...fixed
  } = job;
  return {
    ...fixed,
    v: 1,
    status: 'queued',
    startedAtMs: null,
    finishedAtMs: null,
    turn: 1,
    owner: job.lane === 'batch' ? 'collecting' : 'backlog',
    run: null,
    runs: {},
    hedged: 0,
    targetIndex,
    round: 1,
    roundFirstAttempt: 1,
    readyAtMs: 0,
    openAttempt: 0,
    streamed: false,
    attempts: [],
    result: null,
    error: null,
    usage: null,
    costUsd: null,
  };
}

/** Connection trouble, timeouts and refusals of Redis become the one error that callers know. */
async function asUnavailable<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof RedisUnavailableError) throw error;
    if (!(error instanceof Error)) throw error;
    if (error.message.startsWith('OOM '))
      throw new RedisUnavailableError(error.message, { reason: 'full', cause: error });
    if (isConnectionTrouble(error))
      throw new RedisUnavailableError(`Redis does not answer: ${error.message}`, { cause: error });
    throw error;
  }
}

function isConnectionTrouble(error: Error): boolean {
  return (
    /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|NOREPLICAS|TRYAGAIN)\b/.test(error.message) ||
    /command timed out|connection is closed|stream isn't writeable|max retries|socket|ECONN|EPIPE|ETIMEDOUT|closed/i.test(
      `${error.name} ${error.message}`,
    )
  );
}
