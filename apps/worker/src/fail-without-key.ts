import type { AttemptError, Target } from '@sluice/contracts';
import { unpaidEnd, type AttemptEnd, type Broker } from '@sluice/broker';
import type { ProviderRuntime } from './provider-runtime.ts';
import { nothingPaid, type RunJobObserver, type RunnableJob, type Settler } from './settle-attempt.ts';

export interface FailWithoutKeyDeps {
  broker: Pick<Broker, 'transitions'>;
  provider: ProviderRuntime;
  observe: Pick<RunJobObserver, 'attemptEnded'>;
}

/** The target is out until a key is back: an attempt without a call says so, and the job fails over. */
export async function failWithoutKey(
  job: RunnableJob,
  { target, settler, deps }: { target: Target; settler: Settler; deps: FailWithoutKeyDeps },
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
    code: 'auth',
    message: provider.keys.describeOutage(),
    status: null,
    retryable: false,
    failover: true,
    retry_after_ms: null,
  };
  const attemptEnd: AttemptEnd = { ...unpaidEnd('failed', error) };
  deps.observe.attemptEnded(job, target, attemptEnd);
  await settler.goOn(job, { ...nothingPaid(job, started.attempt), attemptEnd }, error);
}
