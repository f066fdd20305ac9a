import type {
  Attempt,
  AttemptError,
  ChatCompletion,
  ChatDelta,
  JobError,
  Lane,
  TerminalStatus,
  Warning,
} from '@sluice/contracts';
import { batchLineEntry } from './batches/batch-line-entry.ts';
import type { JobCodec } from './job-codec.ts';
import type { JobRecord } from './job-record.ts';
import type { Keys } from './keys.ts';
import type { Outbox } from './outbox.ts';
import { readScript, runScript, type RedisClient } from './script.ts';
import { toMembers } from './stored-job.ts';
import { wantsEvent } from './wants-event.ts';

const scripts = {
  start: readScript('start'),
  delta: readScript('delta'),
  restartStream: readScript('restart-stream'),
  requeue: readScript('requeue'),
  finish: readScript('finish'),
};

export type StartOutcome =
  | {
      status: 'started';
      attempt: number;
      /** The attempt before was still open: its worker was lost. */
      tookOver: boolean;
    }
  /** There is no such job (any more). */
  | { status: 'gone' }
  | { status: 'ended' }
  /** The ticket is of an earlier turn. */
  | { status: 'stale'; turn: number }
  | { status: 'deadline' };

/** How an attempt ended. Its start is in the record already. */
export type AttemptEnd = Pick<
  Attempt,
  'status' | 'error' | 'usage' | 'cost_usd' | 'price_version' | 'first_token_ms' | 'latency_ms'
>;

/** The end of an attempt that brought nothing and cost nothing that is known. */
export function unpaidEnd(
  status: 'abandoned' | 'cancelled' | 'failed',
  error: AttemptError | null,
): AttemptEnd {
  return {
    status,
    error,
    usage: null,
    cost_usd: null,
    price_version: null,
    first_token_ms: null,
    latency_ms: null,
  };
}

/** What is recorded when a worker was lost in the middle of a call. */
export const LOST_WORKER: AttemptError = {
  code: 'server_error',
  message: 'The worker that ran this attempt was lost.',
  status: null,
  retryable: true,
  failover: true,
  retry_after_ms: null,
};

export type RequeueOutcome = { status: 'requeued'; turn: number; readyAtMs: number } | { status: 'fenced' };

/** When a job may be ended: by its running attempt, at its turn without one, after its deadline, or at any time. */
export type FinishCondition = { attempt: number } | { turn: number } | 'deadline' | 'any';

export interface FinishInput {
  condition: FinishCondition;
  status: TerminalStatus;
  /** Of the open attempt, if there is one. */
  attemptEnd: AttemptEnd;
  result?: ChatCompletion;
  error?: JobError;
  warnings?: readonly Warning[];
}

export type FinishOutcome = { status: 'finished' } | { status: 'fenced' };

/**
 * All changes of a job's state, each one script on its record. Attempts are the fence: a closed attempt's
 * deltas and outcome are dropped, its usage is still booked.
 */
export function createTransitions({
  redis,
  keys,
  codec,
  outbox,
  onFlushError,
}: {
  redis: RedisClient;
  keys: Keys;
  codec: JobCodec;
  outbox: Outbox;
  /** The state is stored; the sweeper will carry out the effects. */
  onFlushError: (jobId: string, error: unknown) => void;
}) {
  const run = (script: keyof typeof scripts, id: string, args: readonly (string | number)[]) =>
    runScript(redis, scripts[script], [keys.job(id), keys.events(id), keys.outbox(id)], args);

  const flushIfWanted = async (job: JobRecord, type: string): Promise<void> => {
    if (!wantsEvent(job.options, type)) return;
    await outbox.flush(job.id).catch((error: unknown) => onFlushError(job.id, error));
  };

  return {
    async start(
      job: JobRecord,
      attempt: Pick<Attempt, 'target' | 'provider_key' | 'region' | 'lane' | 'probe'>,
    ): Promise<StartOutcome> {
      const lost = toMembers({ ...unpaidEnd('abandoned', LOST_WORKER), status: undefined });
      const reply = (await run('start', job.id, [
        job.turn,
        JSON.stringify(attempt.target),
        toMembers(attempt),
        lost,
      ])) as [StartOutcome['status'], number?, number?];
      switch (reply[0]) {
        case 'started':
          await flushIfWanted(job, 'job.started');
          return { status: 'started', attempt: reply[1] as number, tookOver: (reply[2] ?? 0) > 0 };
        case 'stale':
          return { status: 'stale', turn: reply[1] as number };
        case 'gone':
        case 'ended':
        case 'deadline':
          return { status: reply[0] };
      }
    },

    /** False when the attempt is no longer the open one: its call should be aborted. */
    async delta(id: string, attempt: number, delta: ChatDelta): Promise<boolean> {
      return (await run('delta', id, [attempt, toMembers(codec.encodeDelta(id, delta))])) !== 0;
    },

    /** Declares what was streamed void and writes it anew; may be repeated. False when fenced. */
    async restartStream(id: string, attempt: number, deltas: readonly ChatDelta[]): Promise<boolean> {
      return (
        (await run('restartStream', id, [
          attempt,
          ...deltas.map((delta) => toMembers(codec.encodeDelta(id, delta))),
        ])) !== 0
      );
    },

    /** Queues a job again after an attempt (0: none was opened) and tells when it may start. */
    async requeue(
      job: JobRecord,
      {
        attempt,
        attemptEnd,
        targetIndex,
        round,
        newRound,
        delayMs,
        reason,
        warnings,
        lane,
      }: {
        attempt: number;
        /** null: the attempt made no call and is none. */
        attemptEnd: AttemptEnd | null;
        targetIndex: number;
        round: number;
        newRound: boolean;
        delayMs: number;
        /** Shown in `job.requeued`; null for a quiet hand-back. */
        reason: string | null;
        warnings?: readonly Warning[];
        /** How it runs from now on. @defaultValue as before */
        lane?: Lane | undefined;
      },
    ): Promise<RequeueOutcome> {
      const event =
        reason === null
          ? ''
          : toMembers({ from: job.chain[job.targetIndex], to: job.chain[targetIndex], reason });
      const reply = (await run('requeue', job.id, [
        job.turn,
        attempt,
        attemptEnd ? toMembers(attemptEnd) : '',
        targetIndex,
        round,
        newRound ? '1' : '0',
        Math.ceil(delayMs),
        event,
        warnings && warnings.length > 0 ? JSON.stringify(warnings) : '',
        lane ?? '',
      ])) as ['requeued', number, number] | ['fenced'];
      if (reply[0] === 'fenced') return { status: 'fenced' };
      if (reason !== null) await flushIfWanted(job, 'job.requeued');
      return { status: 'requeued', turn: reply[1], readyAtMs: reply[2] };
    },

    /** Ends a job if the condition holds; a terminal state is final. */
    async finish(job: JobRecord, input: FinishInput): Promise<FinishOutcome> {
      const { condition, status, attemptEnd, result, error, warnings } = input;
      const [kind, value] = describeCondition(condition);
      const reply = (await run('finish', job.id, [
        kind,
        value,
        toMembers(attemptEnd),
        status,
        result ? codec.encodeResult(job.id, result) : '',
        error ? JSON.stringify(error) : '',
        error ? toMembers({ error: { code: error.code, message: error.message } }) : '',
        warnings && warnings.length > 0 ? JSON.stringify(warnings) : '',
        job.options.resultTtlMs,
        job.options.dropRequest ? '1' : '0',
        batchLineEntry(job, input),
      ])) as ['finished' | 'fenced', ...string[]];
      if (reply[0] === 'fenced') return { status: 'fenced' };
      await outbox
        .carryOut(job, status, reply.slice(1))
        .catch((flushError: unknown) => onFlushError(job.id, flushError));
      return { status: 'finished' };
    },
  };
}

export type Transitions = ReturnType<typeof createTransitions>;

function describeCondition(condition: FinishCondition): [string, number] {
  if (condition === 'any' || condition === 'deadline') return [condition, 0];
  return 'attempt' in condition ? ['attempt', condition.attempt] : ['turn', condition.turn];
}
