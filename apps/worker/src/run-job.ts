import { randomUUID } from 'node:crypto';
import { isTerminal, parseTarget, type Config, type Target } from '@sluice/contracts';
import { LOST_WORKER, parseTicketId, type Broker, type JobRecord } from '@sluice/broker';
import { estimateTokens, type TokenLearner } from '@sluice/core';
import { MAX_PERMIT_AGE_MS, type Permit, type PostponeReason } from '@sluice/limiter';
import { abortReasonOf, type AbortReason } from './abort-reason.ts';
import { callProvider, type CallResult } from './call-provider.ts';
import { allowedKeys } from './allowed-keys.ts';
import { checkAnswer } from './check-answer.ts';
import { failWithoutCall } from './fail-without-call.ts';
import { laneOfCall } from './flex-call.ts';
import { preferWarmKey, type KeyOrder, type PreferWarmKeyDeps } from './prefer-warm-key.ts';
import type { ProviderRuntime } from './provider-runtime.ts';
import { rateHintOf } from './rate-hint-of.ts';
import { renderForTarget, type RenderedForTarget } from './render-for-target.ts';
import { reserveBudget, type ReservedBudget } from './reserve-budget.ts';
import { retryWhileRedisIsAway } from './retry-while-redis-is-away.ts';
import {
  createSettler,
  jobError,
  nothingPaid,
  type RunnableJob,
  type SettleDeps,
  type Settler,
} from './settle-attempt.ts';
import type { CallPass } from './target-health.ts';
import { takeKeyPlace, waitForKeyPlace, type KeyPlaceTaken } from './take-key-place.ts';
import { waitForBudget } from './wait-for-budget.ts';
import { whereToWait } from './where-to-wait.ts';

export interface RunJobDeps extends SettleDeps {
  broker: Pick<Broker, 'transitions' | 'placement' | 'outbox' | 'budgets' | 'quotas'>;
  /** The job as its ticket describes it, when nothing had happened to it by then; null: its record is read. */
  known: JobRecord | null;
  provider: ProviderRuntime;
  learner: TokenLearner;
  affinity: PreferWarmKeyDeps;
  /** In force now. */
  config: () => Config;
  /** When a call at a target could start, in milliseconds; null when that is not known here. */
  startsInMs: (target: Target) => Promise<number | null>;
  /** The ticket has got its permit: the release stage may let the next one go. */
  onPermit: (ticket: string) => void;
  /** There is no permit for a model for so long: the release stage need not try. */
  onPostponed: (model: string, postponed: { readyInMs: number; reason: PostponeReason }) => void;
}

/** A ticket that would wait longer for its permit goes back: waiting for long is what the backlog is for. */
const MAX_PERMIT_WAIT_MS = 2_000;
/** Limits may be raised meanwhile. The model's other tickets are on hold, so only a few look again. */
const LOOK_AGAIN_MS = 1_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Takes a ticket through one turn of its job: load, permit, start, call, and then finish, requeue or expire.
 * The record decides everything; the ticket only points to it. Rejects only when Redis stays away.
 * `control` is aborted with an {@link AbortReason} to end the wait or the call.
 */
export async function runJob(ticket: string, control: AbortController, deps: RunJobDeps): Promise<void> {
  const { provider } = deps;
  const settler = createSettler(deps);
  const job = await loadRunnable(ticket, deps);
  if (!job || (await settleLostAttempt(job, settler))) return;

  const target = job.chain[job.targetIndex] as Target;
  const rendered = renderForTarget(job, target, deps);
  const all = allowedKeys(job, target, { ...deps, config: deps.config(), keys: provider.keys.all() });
  if (all.status === 'forbidden') {
    const why = { code: 'invalid_request', message: all.message } as const;
    return failWithoutCall(job, { target, why, settler, deps });
  }
  const keys = deps.keysOf(job, target);
  if (keys.length === 0) {
    const why = { code: 'auth', message: provider.keys.describeOutage(all.keys) } as const;
    return failWithoutCall(job, { target, why, settler, deps });
  }
  // First: a target that is out costs nothing else.
  const pass = await deps.health.admit(target, job.lane);
  if (pass.status === 'refused') return settler.passOver(job, pass.retryInMs);
  let place: KeyPlaceTaken | null = null;
  try {
    place = await takeKeyPlace(job, deps.broker.quotas);
    if (place === null) return await waitForKeyPlace(job, settler);
    await runAdmitted(job, { ticket, target, rendered, keys, pass, control, settler, deps });
  } finally {
    place?.close();
    pass.release();
  }
}

/** Sets the cost aside, waits for a permit, and makes the attempt. */
async function runAdmitted(
  job: RunnableJob,
  { keys, ...turn }: Omit<AttemptTurn, 'order' | 'permit' | 'budget'> & { keys: readonly string[] },
): Promise<void> {
  const { target, rendered, control, settler, deps } = turn;
  const { provider, learner } = deps;
  const { budgets } = deps.broker;
  const [budget, order] = await Promise.all([
    reserveBudget(job, target, { ...deps, budgets }),
    preferWarmKey({ target, request: rendered.request, keys, isRouted: job.route !== null }, deps.affinity),
  ]);
  if (budget.status === 'full') return waitForBudget(job, budget, { settler, budgets });
  const timeLeftMs = Math.max(0, job.deadlineMs - deps.nowMs());
  const deadline = setTimeout(() => abort(control, 'deadline'), Math.min(timeLeftMs, LONGEST_TIMER_MS));
  try {
    const permit = await provider.limiter.run(
      {
        model: parseTarget(target)?.model ?? target,
        reservationId: randomUUID(),
        key: order.keys,
        claimId: `${job.id} ${target}`,
        estimate: estimateFor(rendered, target, learner),
        maxWaitMs: MAX_PERMIT_WAIT_MS,
        signal: control.signal,
      },
      (granted) => runAttempt(job, { ...turn, order, permit: granted, budget }),
    );
    if (permit.status === 'postponed') {
      deps.onPostponed(parseTarget(target)?.model ?? target, permit);
      const { targetIndex, delayMs } = await whereToWait(job, {
        readyInMs: permit.readyInMs,
        startsInMs: deps.startsInMs,
        maySpill: deps.maySpill(job, target),
      });
      await settler.postpone(job, { targetIndex, delayMs: Math.min(delayMs, LOOK_AGAIN_MS) });
    }
    if (permit.status === 'aborted') {
      const reason = abortReasonOf(control.signal) ?? 'lease_lost';
      await settler.settleAborted(job, { ...nothingPaid(job, 0), reason });
    }
  } finally {
    clearTimeout(deadline);
    await budget.release();
  }
}

/** The job that a ticket is to run now; null when there is nothing to run, and then all is done that is left to do. */
async function loadRunnable(
  ticket: string,
  { broker, load, known }: Pick<RunJobDeps, 'broker' | 'load' | 'known'>,
): Promise<RunnableJob | null> {
  const { jobId, turn } = parseTicketId(ticket);
  const record = known ?? (await retryWhileRedisIsAway(() => load(jobId)));
  if (!record) return null;
  if (isTerminal(record.status)) {
    await broker.outbox.flush(jobId);
    return null;
  }
  if (record.turn !== turn) {
    if (record.status === 'queued') await broker.placement.place(record);
    return null;
  }
  return record.request && { ...record, request: record.request };
}

/** One try of a job at a target, with all that was got for it. */
interface AttemptTurn {
  ticket: string;
  target: Target;
  rendered: RenderedForTarget;
  order: KeyOrder;
  pass: CallPass;
  permit: Permit;
  budget: ReservedBudget;
  control: AbortController;
  settler: Settler;
  deps: RunJobDeps;
}

async function runAttempt(
  job: RunnableJob,
  { ticket, target, rendered, order, pass, permit, budget, control, settler, deps }: AttemptTurn,
): Promise<void> {
  const { provider, broker } = deps;
  deps.onPermit(ticket);
  const giveBack = (attempt: number, reason: AbortReason): Promise<void> => {
    permit.giveBack();
    return settler.settleAborted(job, { ...nothingPaid(job, attempt), reason, neverCalled: true });
  };
  const key = provider.keys.get(permit.key ?? '');
  // A reload has taken the key away, or the permit waited for too long.
  if (!key || permit.ageMs() > MAX_PERMIT_AGE_MS) return giveBack(0, 'lease_lost');
  if (!pass.holds()) {
    permit.giveBack();
    return settler.passOver(job, deps.health.unavailableMs(target, job.lane));
  }
  const { transitions } = broker;
  const config = deps.config();
  const lane = laneOfCall(job, target, { config, catalogue: deps.catalogue });
  const attemptStart = {
    target,
    provider_key: key.name,
    region: key.region,
    lane,
    ...(pass.isProbe ? { probe: true as const } : {}),
  };
  const started = await transitions.start(job, attemptStart).catch(() => null);
  if (!started) {
    // Redis took it, or did not: its record tells, and repeating the script would open a second attempt.
    permit.giveBack();
    return settler.recoverStart(job);
  }
  if (started.status === 'deadline') return giveBack(0, 'deadline');
  if (started.status !== 'started') {
    permit.giveBack();
    // The job has moved on since it was read; what is left to do is in its record.
    await loadRunnable(ticket, { ...deps, known: null });
    return;
  }
  const { attempt, tookOver } = started;
  if (tookOver) deps.observe.attemptAbandoned();
  // Starting may have taken its time; a call that comes late would reach the provider outside its slot.
  if (control.signal.aborted) return giveBack(attempt, abortReasonOf(control.signal) ?? 'lease_lost');
  if (permit.ageMs() > MAX_PERMIT_AGE_MS || !pass.holds()) return giveBack(attempt, 'lease_lost');

  const onLeaseLost = (): void => abort(control, 'lease_lost');
  permit.lost.addEventListener('abort', onLeaseLost);
  deps.observe.callsInFlight(1);
  const result = await callProvider({
    job,
    rendered,
    target,
    provider,
    key,
    lane,
    flexTimeoutMs: config.lanes.flex.timeout,
    catalogue: deps.catalogue,
    learner: deps.learner,
    signal: control.signal,
    writeDelta: (delta) => transitions.delta(job.id, attempt, delta),
    rewriteStream: (deltas) => transitions.restartStream(job.id, attempt, deltas),
    onAnswer: (outcome, totalMs) => pass.settle(outcome, { totalMs, tier: job.tier }),
    onFenced: () => abort(control, 'moved_on'),
  });
  deps.observe.callsInFlight(-1);
  permit.lost.removeEventListener('abort', onLeaseLost);
  settlePermit(permit, result, provider.kind);
  // That the flex tier has no room says nothing about the account's limits.
  if (lane === 'live' || result.outcome.status === 'ok') permit.learn(rateHintOf(result.outcome));
  provider.keys.judge(key, result.attemptEnd.error);
  if (result.outcome.status === 'ok') order.served(key.name, result.outcome.usage);
  const checked = checkAnswer(job, result);
  deps.observe.attemptEnded(job, target, checked.attemptEnd);
  const reason = abortReasonOf(control.signal);
  await Promise.all([
    budget.book(checked),
    settler.settleCall(job, { attempt, result: checked, reason, isProbe: pass.isProbe }),
  ]);
}

/** A provider that answered without usage has refused the call before it took any tokens. */
function settlePermit(permit: Permit, { outcome }: CallResult, kind: ProviderRuntime['kind']): void {
  const { usage } = outcome;
  // Anthropic does not count what it reads from its cache ("Rate limits": cache-aware input tokens per minute).
  const uncounted = kind === 'anthropic' ? (usage?.cache_read_tokens ?? 0) : 0;
  const actual = {
    inputTokens: (usage?.prompt_tokens ?? 0) - uncounted,
    outputTokens: usage?.completion_tokens ?? 0,
  };
  if (outcome.status === 'ok') permit.settle(actual);
  // What a broken stream reported last may be less than what the provider counted.
  else if (usage) permit.settleAtLeast(actual);
  else if (outcome.error.status !== null) permit.settle(actual);
}

function estimateFor(
  { request }: RenderedForTarget,
  target: Target,
  learner: TokenLearner,
): { inputTokens: number; outputTokens: number } {
  const { input, output } = estimateTokens(request, {
    bytesPerToken: learner.bytesPerToken(target),
    margin: learner.margin(target),
  });
  return { inputTokens: input, outputTokens: output };
}

/**
 * A ticket that comes again while its attempt is open: its worker was lost. The first time, the start of the next
 * attempt closes it; a second time at one target the job moves on, because its call may be what kills workers.
 * True when the turn is settled by that.
 */
async function settleLostAttempt(job: RunnableJob, settler: Settler): Promise<boolean> {
  if (job.status !== 'in_progress' || job.openAttempt === 0) return false;
  const target = job.chain[job.targetIndex];
  const lostBefore = job.attempts.some(
    ({ n, ...attempt }) =>
      n >= job.roundFirstAttempt &&
      attempt.target === target &&
      attempt.status === 'abandoned' &&
      attempt.error?.code === LOST_WORKER.code,
  );
  const ended = nothingPaid(job, job.openAttempt);
  const lost = { ...ended, attemptEnd: { ...ended.attemptEnd, error: LOST_WORKER } };
  if (job.streamed && job.options.onStreamFailure === 'fail') {
    await settler.fail(
      job,
      lost,
      jobError('truncated', 'The worker was lost in the middle of the stream.', LOST_WORKER),
    );
    return true;
  }
  if (!lostBefore) return false;
  await settler.goOn(job, lost, LOST_WORKER);
  return true;
}

function abort(control: AbortController, reason: AbortReason): void {
  control.abort(reason);
}
