import type { AttemptError, Target } from '@sluice/contracts';
import { unpaidEnd, type AttemptEnd, type Broker } from '@sluice/broker';
import type { ProviderRuntime } from './provider-runtime.ts';
import { nothingPaid, type RunJobObserver, type RunnableJob, type Settler } from './settle-attempt.ts';

export interface FailWithoutCallDeps {
  broker: Pick<Broker, 'transitions'>;
  provider: ProviderRuntime;
  observe: Pick<RunJobObserver, 'attemptEnded'>;
}

/** What keeps a job from a target before anything is sent: the job fails over. */
export type NoCall = Pick<AttemptError, 'code' | 'message'>;

/** An attempt without a call says why the target is out, and the job fails over. */
export async function failWithoutCall(
  job: RunnableJob,
  {
    target,
    why,
    settler,
    deps,
  }: { target: Target; why: NoCall; settler: Settler; deps: FailWithoutCallDeps },
): Promise<void> {
  const { provider, broker } = deps;
  const [key] = provider.keys.all();
  const attemptStart = {
    target,
    provider_key: key?.name ?? '',
    region: key?.region ?? null,
    lane: job.lane,
  };
  const started = await broker.transitions.start(job, attemptStart).catch(() => null);
  if (!started) return settler.recoverStart(job);
  if (started.status === 'deadline') {
    return settler.settleAborted(job, { ...nothingPaid(job, 0), reason: 'deadline', neverCalled: true });
  }
  if (started.status !== 'started') return;
  const error: AttemptError = {
    ...why,
    status: null,
    retryable: false,
    failover: true,
    retry_after_ms: null,
  };
  const attemptEnd: AttemptEnd = { ...unpaidEnd('failed', error) };
  deps.observe.attemptEnded(job, target, attemptEnd);
  await settler.goOn(job, { ...nothingPaid(job, started.attempt), attemptEnd }, error);
}
