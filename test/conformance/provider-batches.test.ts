import { createProviderAdapter, createProviderBatchAdapter } from '@sluice/providers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BATCH_KINDS, startBatchVendor, valueOf, type BatchVendor } from '../support/batch-vendor.ts';
import { MESSAGE_CASES } from '../support/translation/message-cases.ts';
import { PARAMETER_CASES } from '../support/translation/parameter-cases.ts';
import { REASONING_CASES } from '../support/translation/reasoning-cases.ts';
import { TOOL_CASES } from '../support/translation/tool-cases.ts';
import { until } from '../support/until.ts';

const CASES = [...MESSAGE_CASES, ...TOOL_CASES, ...REASONING_CASES, ...PARAMETER_CASES];
const LIVE = { connect_ms: 5_000, first_token_ms: 10_000, total_ms: 20_000 };

let vendor: BatchVendor;
afterEach(() => vendor.close());

function linesOf(run: string, count: number) {
  return Array.from({ length: count }, (_, n) => vendor.line(run, n));
}

describe.each(BATCH_KINDS)('the batch adapter of %s', (kind) => {
  beforeEach(async () => {
    vendor = await startBatchVendor(kind);
  });

  it('brings every line to an answer, each once, with its usage', async () => {
    const lines = linesOf('run1', 50);
    const created = await vendor.submit('run1', lines);
    expect(created.state).toBe('running');
    expect(created.error).toBeNull();
    expect(Math.abs(created.createdAtMs - Date.now())).toBeLessThan(5_000);
    const batch = await vendor.ended(created.id);
    expect(batch).toMatchObject({ state: 'ended', error: null });
    if (batch.counts) expect(batch.counts).toEqual({ total: 50, completed: 50, failed: 0 });
    const results = await vendor.resultsOf(batch);
    expect(new Set(results.map(({ customId }) => customId)).size).toBe(50);
    expect(results).toHaveLength(50);
    for (const result of results) {
      if (result.status !== 'answered') throw new Error(result.status);
      const line = lines.find(({ customId }) => customId === result.customId)!;
      const outcome = vendor.adapter.read(line, result.answer);
      if (outcome.status === 'error') throw new Error(outcome.error.message);
      expect(outcome.completion.object).toBe('chat.completion');
      expect(outcome.completion.choices[0]?.message.content).not.toBe('');
      expect(outcome.usage.total_tokens).toBeGreaterThan(0);
      expect(outcome.warnings).toEqual([]);
      expect(outcome).toMatchObject({ firstTokenMs: null, rateLimit: null });
    }
    expect(vendor.simulator.control.bill()[0]?.calls).toBe(50);
    // Reading again gives the same.
    expect(await vendor.resultsOf(batch)).toEqual(results);
  });

  it('renders and reads as the live adapter does', async () => {
    const live = createProviderAdapter({ kind, apiKey: 'key', baseUrl: vendor.simulator.urlFor(kind) });
    try {
      const known = CASES.filter(({ forgedFor }) => forgedFor !== kind);
      const lines = known.map(({ request, models, entry }, n) => {
        const line = vendor.line('all', n, request, models?.[kind]);
        return entry ? { ...line, entry } : line;
      });
      const model = lines[0]!.model;
      const fitting = lines.filter((line) => vendor.adapter.limits.mixesModels || line.model === model);
      const rendered = await Promise.all(fitting.map((line) => vendor.adapter.render(line)));
      const sendable = fitting.filter((_, at) => rendered[at]!.status === 'ok');
      const batch = await vendor.ended((await vendor.submit('all', sendable)).id);
      const told = new Map<string, unknown>();
      for (const result of await vendor.resultsOf(batch)) {
        if (result.status !== 'answered') throw new Error(result.status);
        const line = fitting.find(({ customId }) => customId === result.customId)!;
        const outcome = vendor.adapter.read(line, result.answer);
        told.set(result.customId, outcome.status === 'ok' ? choicesOf(outcome) : outcome.error.code);
      }
      for (const [at, line] of fitting.entries()) {
        const outcome = await live.call({ ...line, signal: vendor.signal, timeouts: LIVE });
        const render = rendered[at]!;
        if (render.status === 'refused') {
          expect(outcome).toMatchObject({ status: 'error', error: { message: render.error.message } });
          continue;
        }
        expect(told.get(line.customId)).toEqual(
          outcome.status === 'ok' ? choicesOf(outcome) : outcome.error.code,
        );
        const kept = ({ param }: { param: string | null }) => param !== 'service_tier';
        expect(render.warnings.filter(kept)).toEqual(outcome.warnings.filter(kept));
      }
      expect(told.size).toBeGreaterThan(30);
    } finally {
      await live.close();
    }
  });

  it('tells a refused line from an answered one, with the error of a live call', async () => {
    vendor.simulator.control.setBatchBehaviour({ batch: { failed_share: 0.3, refused_share: 0.3 } });
    const lines = linesOf('run2', 60);
    const batch = await vendor.ended((await vendor.submit('run2', lines)).id);
    const codes = new Map<string, number>();
    for (const result of await vendor.resultsOf(batch)) {
      if (result.status !== 'answered') throw new Error(result.status);
      const line = lines.find(({ customId }) => customId === result.customId)!;
      const outcome = vendor.adapter.read(line, result.answer);
      const code = outcome.status === 'ok' ? 'ok' : outcome.error.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect([...codes.keys()].toSorted((a, b) => a.localeCompare(b))).toEqual([
      'content_filter',
      'ok',
      'server_error',
    ]);
    expect([...codes.values()].reduce((sum, count) => sum + count)).toBe(60);
  });

  it('sends what the model would refuse live, and reads the same refusal', async () => {
    const long = 'word '.repeat(1_500_000);
    const lines = [
      vendor.line('long', 0, { messages: [{ role: 'user', content: long }] }),
      vendor.line('long', 1),
    ];
    const batch = await vendor.ended((await vendor.submit('long', lines)).id);
    const outcomes = (await vendor.resultsOf(batch)).map((result) =>
      result.status === 'answered'
        ? vendor.adapter.read(
            lines.find(({ customId }) => customId === result.customId)!,
            result.answer,
          )
        : null,
    );
    const codes = outcomes.map((outcome) =>
      outcome?.status === 'error' ? outcome.error.code : outcome?.status,
    );
    expect(new Set(codes)).toEqual(new Set(['ok', 'context_window']));
  });

  it('says of lines that the window did not reach that they expired, or nothing', async () => {
    vendor.simulator.control.setBatchBehaviour({ batch: { window_ms: 300, stalls: { at: 0.5 } } });
    const batch = await vendor.ended((await vendor.submit('run3', linesOf('run3', 10))).id);
    const statuses = (await vendor.resultsOf(batch)).map(({ status }) => status);
    if (kind === 'google') {
      expect(statuses).toEqual([]);
      return;
    }
    expect(statuses.filter((status) => status === 'answered')).toHaveLength(5);
    expect(statuses.filter((status) => status === 'expired')).toHaveLength(5);
  });

  it('cancels, and keeps what was finished where the vendor does', async () => {
    vendor.simulator.control.setBatchBehaviour({ batch: { stalls: { at: 0.4 }, cancelling_ms: 50 } });
    const { id } = await vendor.submit('run4', linesOf('run4', 10));
    await until(() => vendor.simulator.control.batches()[0]?.counts.succeeded === 4, { what: 'four lines' });
    const asked = valueOf(await vendor.adapter.cancel({ id, signal: vendor.signal }));
    expect(asked.state).toBe('cancelling');
    const batch = await vendor.ended(id);
    expect(batch.state).toBe('ended');
    const statuses = (await vendor.resultsOf(batch)).map(({ status }) => status);
    if (kind === 'google') {
      expect(statuses).toEqual([]);
      return;
    }
    expect(statuses.filter((status) => status === 'answered')).toHaveLength(4);
    expect(statuses.filter((status) => status === 'cancelled')).toHaveLength(6);
  });

  it('gives each line once though the vendor doubles some, and leaves out those it lost', async () => {
    vendor.simulator.control.setBatchBehaviour({ batch: { doubled_share: 0.4, missing_share: 0.2 } });
    const batch = await vendor.ended((await vendor.submit('run6', linesOf('run6', 100))).id);
    const ids = (await vendor.resultsOf(batch)).map(({ customId }) => customId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(60);
    expect(ids.length).toBeLessThan(100);
  });

  it('tells a full queue as a limit that passes', async () => {
    const { control } = vendor.simulator;
    control.setLimits({ account: kind, limits: { queued_batch_tokens: 100 } });
    control.setBatchBehaviour({ batch: { stalls: {} } });
    const first = await vendor.submit('first', linesOf('first', 5));
    await until(() => control.batches().some(({ id, phase }) => id === first.id && phase === 'running'), {
      what: 'the first to start',
    });
    const texts = await vendor.render(linesOf('second', 9));
    const file =
      vendor.adapter.limits.inlineMaxBytes > 0
        ? null
        : valueOf(await vendor.adapter.upload({ run: 'second', lines: texts, signal: vendor.signal }));
    const outcome = await vendor.adapter.create({
      run: 'second',
      model: vendor.model,
      fileId: file?.fileId ?? null,
      lines: texts,
      signal: vendor.signal,
    });
    const error =
      outcome.status === 'ok'
        ? (await vendor.ended(outcome.value.id)).error
        : 'error' in outcome && outcome.error;
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true, failover: true });
  });

  it('refuses to take more lines than the vendor does', async () => {
    vendor.simulator.control.setBatchBehaviour({ batch: { max_lines: 5 } });
    const texts = await vendor.render(linesOf('many', 6));
    const { signal, adapter } = vendor;
    const upload =
      adapter.limits.inlineMaxBytes > 0
        ? null
        : valueOf(await adapter.upload({ run: 'many', lines: texts, signal }));
    const outcome = await adapter.create({
      run: 'many',
      model: vendor.model,
      fileId: upload?.fileId ?? null,
      lines: texts,
      signal,
    });
    const error =
      outcome.status === 'ok'
        ? (await vendor.ended(outcome.value.id)).error
        : 'error' in outcome && outcome.error;
    expect(error).toMatchObject({ code: 'invalid_request', retryable: false });
  });

  it('takes a batch of many megabytes, by a file where the vendor has files', async () => {
    const text = 'word '.repeat(100_000);
    const lines = Array.from({ length: 20 }, (_, n) =>
      vendor.line('large', n, { messages: [{ role: 'user', content: `${n} ${text}` }] }),
    );
    const texts = await vendor.render(lines);
    const { signal, adapter, model } = vendor;
    const upload = valueOf(await adapter.upload({ run: 'large', lines: texts, signal }));
    expect(upload === null).toBe(kind === 'anthropic');
    const asked = { run: 'large', model, fileId: upload?.fileId ?? null, lines: texts, signal };
    const created = valueOf(await adapter.create(asked));
    const found = await adapter.find({ run: 'large', createdSinceMs: Date.now() - 1_000, signal });
    expect(valueOf(found).map(({ id }) => id)).toEqual([created.id]);
    const batch = await vendor.ended(created.id);
    const results = await vendor.resultsOf(batch);
    expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 'answered'));
    const [result] = results;
    const line = lines.find(({ customId }) => customId === result?.customId)!;
    if (result?.status !== 'answered') throw new Error(result?.status);
    expect(adapter.read(line, result.answer)).toMatchObject({ status: 'ok' });
  });
});

function choicesOf({ completion }: { completion: { choices: object[] } }): unknown {
  // Ids of calls are made anew.
  return JSON.parse(
    JSON.stringify(completion.choices, (key, value: unknown) =>
      ['id', 'tool_call_id'].includes(key) ? 'id' : value,
    ),
  );
}

it('is not there for kinds without a Batch API', async () => {
  vendor = await startBatchVendor('openai');
  expect(createProviderBatchAdapter({ kind: 'openrouter', apiKey: 'k' })).toBeNull();
});
