import type { Attempt, Lane } from '@sluice/contracts';
import type { JobRecord } from '../job-record.ts';
import type { Keys } from '../keys.ts';
import type { Outbox } from '../outbox.ts';
import { readScript, runScript, type RedisClient } from '../script.ts';
import { toMembers } from '../stored-job.ts';
import type { AttemptEnd, RequeueOutcome } from '../transitions.ts';
import { wantsEvent } from '../wants-event.ts';

const scripts = {
  joinRun: readScript('join-run'),
  hedge: readScript('hedge'),
  closeHedged: readScript('close-hedged'),
};

export type JoinOutcome =
  | { status: 'started'; attempt: number }
  /** It is not, or no more, a job that this run may have. */
  | { status: 'gone' | 'ended' | 'stale' | 'deadline' };

/** Changes of a job that is a line of a provider's batch; each one script on its record. */
export function createLineTransitions({
  redis,
  keys,
  outbox,
  onFlushError,
}: {
  redis: RedisClient;
  keys: Keys;
  outbox: Outbox;
  onFlushError: (jobId: string, error: unknown) => void;
}) {
  const jobKeys = (id: string) => [keys.job(id), keys.events(id), keys.outbox(id)];
  const flushIfWanted = async (job: JobRecord, type: string): Promise<void> => {
    if (!wantsEvent(job.options, type)) return;
    await outbox.flush(job.id).catch((error: unknown) => onFlushError(job.id, error));
  };

  return {
    /** Opens the job's attempt in a run. May be repeated. */
    async join(
      job: JobRecord,
      {
        run,
        turn,
        ...attempt
      }: { run: string; turn: number; lane: Lane } & Pick<Attempt, 'target' | 'provider_key' | 'region'>,
    ): Promise<JoinOutcome> {
      const args = [turn, JSON.stringify(attempt.target), toMembers(attempt), run];
      const reply = (await runScript(redis, scripts.joinRun, jobKeys(job.id), args)) as [
        JoinOutcome['status'],
        number?,
      ];
      if (reply[0] !== 'started') return { status: reply[0] };
      await flushIfWanted(job, 'job.started');
      return { status: 'started', attempt: reply[1] as number };
    },

    /** Queues the job to run live while its attempt in the batch stays open. */
    async hedge(job: JobRecord, attempt: number): Promise<RequeueOutcome> {
      const target = job.chain[job.targetIndex];
      const event = toMembers({ from: target, to: target, reason: 'hedged' });
      const reply = (await runScript(redis, scripts.hedge, jobKeys(job.id), [attempt, event])) as
        | ['requeued', number, number]
        | ['fenced'];
      if (reply[0] === 'fenced') return { status: 'fenced' };
      await flushIfWanted(job, 'job.requeued');
      return { status: 'requeued', turn: reply[1], readyAtMs: reply[2] };
    },

    /** Closes an attempt whose batch brought no result while the job runs live. False when it was closed before. */
    async closeHedged(id: string, attempt: number, end: AttemptEnd): Promise<boolean> {
      const args = [attempt, toMembers(end)];
      return (await runScript(redis, scripts.closeHedged, [keys.job(id)], args)) === 1;
    },
  };
}

export type LineTransitions = ReturnType<typeof createLineTransitions>;
