import { open, type FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { createSeededRandom } from '../answer/seeded-random.ts';
import { monotonicNowMs } from '../server/monotonic-now-ms.ts';
import { pause } from '../server/pause.ts';
import type { SimulatedAccount, SimulatorState } from '../server/simulator-state.ts';
import { answerLine, type AnsweredLine } from './answer-line.ts';
import type { BatchStore } from './batch-store.ts';
import type { NewBatch } from './create-batch.ts';
import { drawFates, type DrawnLine } from './draw-fates.ts';
import { openLineWriter, type LineWriter } from './line-writer.ts';
import { shuffledNumbers } from './shuffled-numbers.ts';
import type { LineOutcome, PreparedLines, ResultFile, SimulatedBatch } from './simulated-batch.ts';

/** Other calls get their turn after this much work. */
const SLICE_MS = 8;
/** A timer takes no more than 2^31 milliseconds. */
const MAX_PAUSE_MS = 3_600_000;

export interface RunContext<Facts> {
  account: SimulatedAccount;
  /** The account's at the creation: a reset gives it another. */
  store: BatchStore;
  state: SimulatorState;
  spec: NewBatch<Facts>;
  cancelled: AbortSignal;
}

interface Sinks {
  output: { path: string; writer: LineWriter };
  error: { path: string; writer: LineWriter };
  ledger: LineWriter;
}

/**
 * Runs a batch from its creation to its end: checks it, answers its lines evenly over the time that was drawn, and
 * writes the results. Holds one line in memory. Ends early, without results, when the store closes.
 */
export async function runBatch<Facts>(
  batch: SimulatedBatch<Facts>,
  context: RunContext<Facts>,
): Promise<void> {
  const { store, spec, cancelled } = context;
  const { signal: closed } = store;
  const stopped = AbortSignal.any([closed, cancelled]);
  const scaled = (ms: number): number => ms / batch.behaviour.time_scale;
  await waitUntil(batch.createdAtMs + scaled(batch.behaviour.validating_ms), stopped);
  const prepared: PreparedLines = await spec.prepare(batch);
  if (closed.aborted) return;
  if (prepared.status === 'failed') {
    batch.errors = prepared.errors;
    end(batch, 'failed');
    return;
  }
  batch.model = prepared.model;
  batch.counts.total = prepared.index.offsets.length;
  batch.runningAtMs = monotonicNowMs();
  if (batch.phase === 'validating') batch.phase = 'running';

  const sinks = await openSinks(batch, store);
  const input = await open(prepared.path);
  try {
    const how = await answerLines(batch, { ...context, prepared, input, sinks, stopped });
    if (how === 'closed') return;
    if (how === 'cancelled') {
      await waitUntil((batch.cancellingAtMs ?? 0) + scaled(batch.behaviour.cancelling_ms), closed);
    } else {
      if (how === 'completed') batch.phase = 'finalizing';
      batch.finalizingAtMs = monotonicNowMs();
      await waitUntil(batch.finalizingAtMs + scaled(batch.behaviour.finalizing_ms), closed);
    }
    const output = await resultFile(sinks.output, spec);
    const error = await resultFile(sinks.error, spec);
    await sinks.ledger.end();
    if (closed.aborted) return;
    batch.results = { output, error };
    spec.keepResults(batch);
    end(batch, how);
  } finally {
    await input.close();
    await Promise.all([sinks.output.writer.end(), sinks.error.writer.end(), sinks.ledger.end()]);
  }
}

function end(batch: SimulatedBatch, how: 'completed' | 'failed' | 'expired' | 'cancelled'): void {
  batch.phase = how;
  batch.endedAtMs = monotonicNowMs();
}

async function openSinks(batch: SimulatedBatch, store: BatchStore): Promise<Sinks> {
  const [output, error] = await Promise.all(
    [0, 1].map(async () => {
      const path = await store.newPath();
      return { path, writer: await openLineWriter(path) };
    }),
  );
  return { output: output!, error: error!, ledger: await openLineWriter(batch.ledgerPath) };
}

async function resultFile(
  { path, writer }: Sinks['output'],
  { newResultFileId }: Pick<NewBatch<unknown>, 'newResultFileId'>,
): Promise<ResultFile | null> {
  const { bytes, lines } = await writer.end();
  return lines === 0 ? null : { id: newResultFileId(), path, bytes, lines };
}

async function answerLines<Facts>(
  batch: SimulatedBatch<Facts>,
  run: RunContext<Facts> & {
    prepared: PreparedLines & { status: 'ok' };
    input: FileHandle;
    sinks: Sinks;
    stopped: AbortSignal;
  },
): Promise<'completed' | 'expired' | 'cancelled' | 'closed'> {
  const { account, store, state, stopped, cancelled, spec } = run;
  const { behaviour } = batch;
  const { signal: closed } = store;
  const { total } = batch.counts;
  const random = createSeededRandom(state.config.seed + store.count() * 7_919);
  const { min, max } = behaviour.processing_ms;
  const durationMs = (min + random() * (max - min)) / behaviour.time_scale;
  const reached = reachedShare(batch, { random, account }) * total;
  const drawn = drawFates(total, { behaviour, random });
  const inOrder = behaviour.in_order || spec.keepsOrder;
  const order = inOrder ? Array.from({ length: total }, (_, at) => at) : shuffledNumbers(total, random);
  const startedAtMs = batch.runningAtMs ?? monotonicNowMs();
  const left: number[] = [];
  let done = 0;
  let sliceAtMs = performance.now();

  for (const at of order) {
    const line = drawn[at]!;
    if (line.fate === 'never' || done >= reached || stopped.aborted) {
      left.push(at);
      continue;
    }
    const dueAtMs = startedAtMs + (durationMs * (done + 1)) / total;
    await waitUntil(Math.min(dueAtMs, batch.expiresAtMs), stopped);
    if (stopped.aborted || monotonicNowMs() >= batch.expiresAtMs) {
      left.push(at);
      continue;
    }
    await answerOne(batch, at, { ...run, line });
    done += 1;
    if (performance.now() - sliceAtMs > SLICE_MS) {
      await setImmediate();
      sliceAtMs = performance.now();
    }
  }
  if (left.length > 0) await waitUntil(batch.expiresAtMs, stopped);
  if (closed.aborted) return 'closed';
  if (left.length === 0) return 'completed';
  const status = cancelled.aborted ? 'cancelled' : 'expired';
  for (const at of left) {
    batch.counts[status] += 1;
    const text = await readLine(run, at);
    const { customId, model } = spec.format.readLine(text);
    await book({ customId, model, outcome: { status }, answered: null }, { ...run, line: drawn[at]! });
  }
  return status;
}

/** How much of the batch is ever run: all, unless it stalls. */
function reachedShare(
  { behaviour: { stalls } }: SimulatedBatch,
  { random, account }: { random: () => number; account: SimulatedAccount },
): number {
  if (!stalls || account.stalledBatches >= (stalls.times ?? Infinity) || random() >= stalls.probability) {
    return Infinity;
  }
  account.stalledBatches += 1;
  return stalls.at;
}

async function readLine(
  { input, prepared }: { input: FileHandle; prepared: PreparedLines & { status: 'ok' } },
  at: number,
): Promise<string> {
  const length = prepared.index.lengths[at]!;
  const buffer = Buffer.allocUnsafe(length);
  await input.read(buffer, 0, length, prepared.index.offsets[at]!);
  return buffer.toString();
}

interface LineContext<Facts> extends RunContext<Facts> {
  input: FileHandle;
  prepared: PreparedLines & { status: 'ok' };
  sinks: Sinks;
  line: DrawnLine;
}

async function answerOne<Facts>(
  batch: SimulatedBatch<Facts>,
  at: number,
  run: LineContext<Facts>,
): Promise<void> {
  const { account, state, spec, line } = run;
  const request = spec.format.readLine(await readLine(run, at));
  const fate = line.fate === 'never' ? 'run' : line.fate;
  const answered = answerLine(
    { account, answerTokens: state.config.answer_tokens, bill: state.bill },
    request,
    { fate, headers: spec.headers },
  );
  const { completion, outcome } = answered;
  batch.counts[outcome.answer.status === 200 ? 'succeeded' : 'failed'] += 1;
  if (completion) {
    batch.usage.promptTokens += completion.promptTokens;
    batch.usage.completionTokens += completion.completionTokens;
    batch.usage.cachedTokens += completion.cache.readTokens;
    batch.usage.reasoningTokens += completion.reasoningTokens;
    batch.costUsd += answered.costUsd;
  }
  const { customId, model } = request;
  await book({ customId, model, outcome, answered }, run);
}

async function book<Facts>(
  {
    customId,
    model,
    outcome,
    answered,
  }: { customId: string; model: string | null; outcome: LineOutcome; answered: AnsweredLine | null },
  { spec, sinks, line }: LineContext<Facts>,
): Promise<void> {
  await sinks.ledger.write(
    JSON.stringify({
      custom_id: customId,
      model,
      status: outcome.status === 'answered' ? outcome.answer.status : outcome.status,
      prompt_tokens: answered?.completion?.promptTokens ?? 0,
      completion_tokens: answered?.completion?.completionTokens ?? 0,
      cost_usd: answered?.costUsd ?? 0,
    }),
  );
  const result = spec.format.writeResult(customId, outcome);
  if (!result || (line.result === 'missing' && outcome.status === 'answered')) return;
  await sinks[result.sink].writer.write(result.text);
  if (line.result === 'twice') await sinks[result.sink].writer.write(result.text);
}

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  for (let left = atMs - monotonicNowMs(); left > 0 && !signal.aborted; left = atMs - monotonicNowMs()) {
    await pause(Math.min(left, MAX_PAUSE_MS), signal);
  }
}
