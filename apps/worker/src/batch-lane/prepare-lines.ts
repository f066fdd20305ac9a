import { formatTarget, isTerminal, type AttemptError, type ChatRequest } from '@sluice/contracts';
import { mayBatch } from '@sluice/core';
import {
  expiredError,
  parseTicketId,
  unpaidEnd,
  type JobRecord,
  type LaneRun,
  type RunLine,
} from '@sluice/broker';
import type { RenderedLine } from '@sluice/providers';
import { eachOf } from '../each-of.ts';
import { waitForBudget } from '../wait-for-budget.ts';
import { reserveLine } from './line-budget.ts';
import { customIdOf, LINES_AT_ONCE, type LeadContext } from './lane-deps.ts';
import { createLineSettler, unsettledLines } from './settle-lines.ts';

/**
 * Opens the attempts of a run's lines and renders them. Lines whose jobs have ended or gone elsewhere, and those that
 * the vendor can't take, are settled and left out. May be repeated: an attempt that is open in this run is kept.
 * @returns the lines as the vendor takes them, in order.
 */
export async function prepareLines(run: LaneRun, ctx: LeadContext): Promise<string[]> {
  const rendered = new Map<number, string>();
  const settler = createLineSettler(run, ctx);
  await eachOf(unsettledLines(run, ctx), { atOnce: LINES_AT_ONCE }, async (line) => {
    ctx.signal.throwIfAborted();
    const joined = await joinRun(run, line, ctx);
    if (!joined) return settler.drop(line);
    const { request, forbidden } = joined;
    if (forbidden) return settler.settle(line, { kind: 'failed', error: forbidden, warnings: [] });
    const result = await render(run, { line, request }, ctx);
    if (result.status === 'ok') rendered.set(line.n, result.json);
    else await settler.settle(line, { kind: 'failed', error: result.error, warnings: result.warnings });
  });
  await settler.flush();
  return Array.from(rendered.entries())
    .toSorted(([a], [b]) => a - b)
    .map(([, json]) => json);
}

/** The request of a job that is a line of the run from now on; null when it can't be one. */
async function joinRun(
  run: LaneRun,
  line: RunLine,
  ctx: LeadContext,
): Promise<{ request: ChatRequest; forbidden: AttemptError | null } | null> {
  const { jobId, turn } = parseTicketId(line.ticket);
  const job = await ctx.load(jobId);
  if (!job?.request || isTerminal(job.status)) return null;
  const runnable = { ...job, request: job.request };
  if (job.runs[run.run] === undefined && job.turn === turn) {
    const budget = await reserveLine(runnable, run, ctx);
    if (budget.status === 'full') {
      await waitForBudget(runnable, budget, { settler: ctx.settler, budgets: ctx.broker.budgets });
      return null;
    }
  }
  const joined = await ctx.broker.lines.join(job, {
    run: run.run,
    turn,
    target: formatTarget({ provider: ctx.provider, model: run.model }),
    provider_key: ctx.keyName,
    region: ctx.region,
    lane: 'batch',
  });
  if (joined.status === 'deadline') {
    await ctx.broker.transitions.finish(job, {
      condition: 'deadline',
      status: 'expired',
      attemptEnd: unpaidEnd('abandoned', null),
      error: expiredError(job),
    });
  }
  if (joined.status !== 'started') return null;
  return { request: job.request, forbidden: forbiddenBy(job.options, run, ctx) };
}

/** What the job and its API key demand is held again before anything is sent. */
function forbiddenBy(
  { filters, forced }: JobRecord['options'],
  { model }: LaneRun,
  { provider, config, catalogue }: LeadContext,
): AttemptError | null {
  const target = formatTarget({ provider, model });
  const subject = { target, model: catalogue.resolve(target), provider: config().providers[provider] };
  const verdict = mayBatch(subject, { filters, forced });
  if (verdict.status === 'ok') return null;
  return {
    code: 'invalid_request',
    message: verdict.message,
    status: null,
    retryable: false,
    failover: true,
    retry_after_ms: null,
  };
}

function render(
  run: LaneRun,
  { line, request }: { line: RunLine; request: ChatRequest },
  { adapter, catalogue, provider }: LeadContext,
): Promise<RenderedLine> {
  const { entry } = catalogue.resolve(formatTarget({ provider, model: run.model }));
  return adapter.render({ customId: customIdOf(run.run, line.n), model: run.model, entry, request });
}
