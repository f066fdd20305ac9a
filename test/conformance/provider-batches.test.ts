import { BatchReadError, createProviderAdapter, createProviderBatchAdapter } from '@sluice/providers';
import { startSimulator } from '@sluice/simulator';
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

  it('does not know whether a create was done whose answer is lost, and finds it', async () => {
    const { control } = vendor.simulator;
    const startedAtMs = Date.now();
    await vendor.submit('before', linesOf('before', 1));
    await control.setFaults([
      { account: '*', api: 'batch', operation: 'create', kind: 'lost_response', times: 1 },
    ]);
    const texts = await vendor.render(linesOf('lost', 3));
    const file =
      vendor.adapter.limits.inlineMaxBytes > 0
        ? null
        : valueOf(await vendor.adapter.upload({ run: 'lost', lines: texts, signal: vendor.signal }));
    const outcome = await vendor.adapter.create({
      run: 'lost',
      model: vendor.model,
      fileId: file?.fileId ?? null,
      lines: texts,
      signal: vendor.signal,
    });
    expect(outcome).toMatchObject({ status: 'unknown', error: { code: 'network', retryable: true } });
    const found = valueOf(
      await vendor.adapter.find({ run: 'lost', createdSinceMs: startedAtMs, signal: vendor.signal }),
    );
    if (kind === 'anthropic') {
      expect(found.map(({ run }) => run)).toEqual([null, null]);
      expect(found[0]?.counts?.total).toBe(3);
    } else {
      expect(found.map(({ run }) => run)).toEqual(['lost']);
    }
    expect(await vendor.resultsOf(await vendor.ended(found[0]!.id))).toHaveLength(3);
  });

  it('finds nothing where nothing was created', async () => {
    await vendor.submit('other', linesOf('other', 1));
    const createdSinceMs = Date.now() + 3_600_000;
    const found = await vendor.adapter.find({ run: 'none', createdSinceMs, signal: vendor.signal });
    expect(found).toEqual({ status: 'ok', value: [] });
  });

  it('says missing for a 404 just after the create, and finds the batch later', async () => {
    const { id } = await vendor.submit('run5', linesOf('run5', 2));
    await vendor.simulator.control.setFaults([
      { account: '*', api: 'batch', operation: 'retrieve', kind: 'not_found', times: 2 },
    ]);
    const { signal } = vendor;
    expect(await vendor.adapter.retrieve({ id, signal })).toEqual({ status: 'missing' });
    expect(await vendor.adapter.retrieve({ id, signal })).toEqual({ status: 'missing' });
    expect((await vendor.ended(id)).state).toBe('ended');
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

  it('takes no more than a call may: it gives the reason of each refusal', async () => {
    const { control } = vendor.simulator;
    const { signal } = vendor;
    const refusals = [
      ['unauthorized', { status: 'error', error: { code: 'auth', retryable: false } }],
      ['rate_limited', { status: 'error', error: { code: 'rate_limited', status: 429 } }],
      ['unavailable', { status: 'unknown', error: { status: 503, retryable: true } }],
      ['server_error', { status: 'unknown', error: { code: 'server_error', status: 500 } }],
      ['bad_gateway', { status: 'unknown', error: { status: 502 } }],
      ['connection_reset', { status: 'unknown', error: { code: 'network' } }],
      ['malformed_json', { status: 'unknown', error: { code: 'malformed_response' } }],
      ['empty_body', { status: 'unknown', error: { code: 'malformed_response' } }],
    ] as const;
    for (const [fault, expected] of refusals) {
      const texts = await vendor.render(linesOf(fault, 1));
      const upload = await vendor.adapter.upload({ run: fault, lines: texts, signal });
      await control.setFaults([{ account: '*', api: 'batch', operation: 'create', kind: fault }]);
      const fileId = upload.status === 'ok' ? (upload.value?.fileId ?? null) : null;
      const asked = { run: fault, model: vendor.model, fileId, lines: texts, signal };
      expect([fault, await vendor.adapter.create(asked)]).toMatchObject([fault, expected]);
    }
  });

  it('knows that a create was not done when no connection came to stand', async () => {
    const shut = await startSimulator();
    await shut.close();
    const nowhere = createProviderBatchAdapter({ kind, apiKey: 'k', baseUrl: shut.urlFor(kind) })!;
    const lines = await vendor.render(linesOf('nowhere', 1));
    const { model, signal } = vendor;
    const outcome = await nowhere.create({ run: 'nowhere', model, fileId: 'files/f', lines, signal });
    expect(outcome).toMatchObject({ status: 'error', error: { code: 'network', retryable: true } });
    await nowhere.close();
  });

  it('takes a batch that has ended for cancelled, as it is', async () => {
    const { id } = await vendor.submit('over', linesOf('over', 2));
    await vendor.ended(id);
    const outcome = await vendor.adapter.cancel({ id, signal: vendor.signal });
    expect(outcome).toMatchObject({ status: 'ok', value: { id, state: 'ended' } });
    const none = await vendor.adapter.cancel({ id: `${id}x`, signal: vendor.signal });
    expect(none).toEqual({ status: 'missing' });
  });

  it('is told of an outage of the batch API by every call', async () => {
    const { id } = await vendor.submit('run7', linesOf('run7', 2));
    const ended = await vendor.ended(id);
    await vendor.simulator.control.setFaults([{ account: '*', api: 'batch', kind: 'unavailable' }]);
    const { signal, adapter } = vendor;
    const unavailable = { status: 'error', error: { status: 503, retryable: true } };
    expect(await adapter.retrieve({ id, signal })).toMatchObject(unavailable);
    expect(await adapter.find({ run: 'x', createdSinceMs: 0, signal })).toMatchObject(unavailable);
    expect(await adapter.cancel({ id, signal })).toMatchObject({ ...unavailable, status: 'unknown' });
    await expect(vendor.resultsOf(ended)).rejects.toThrow(BatchReadError);
  });

  it('stops at its timeouts and at the caller’s word', async () => {
    const { simulator, signal } = vendor;
    const { id } = await vendor.submit('run8', linesOf('run8', 2));
    const hasty = createProviderBatchAdapter({
      kind,
      apiKey: 'test-key',
      baseUrl: simulator.urlFor(kind),
      timeouts: { callMs: 100, transferMs: 100, idleMs: 100 },
    })!;
    try {
      await simulator.control.setFaults([{ account: '*', api: 'batch', kind: 'hang_before_headers' }]);
      expect(await hasty.retrieve({ id, signal })).toMatchObject({
        status: 'error',
        error: { code: 'timeout', retryable: true },
      });
      const texts = await vendor.render(linesOf('run9', 1));
      const asked = { run: 'run9', model: vendor.model, fileId: 'file-1', lines: texts };
      expect(await hasty.create({ ...asked, signal })).toMatchObject({
        status: 'unknown',
        error: { code: 'timeout' },
      });
      const aborted = AbortSignal.abort();
      expect(await vendor.adapter.create({ ...asked, signal: aborted })).toMatchObject({
        status: 'error',
        error: { code: 'cancelled' },
      });
      expect(await vendor.adapter.create({ ...asked, signal: AbortSignal.timeout(50) })).toMatchObject({
        status: 'unknown',
        error: { code: 'cancelled' },
      });
    } finally {
      await hasty.close();
    }
  });

  it('says that a reading broke off, and reads again', async () => {
    const batch = await vendor.ended((await vendor.submit('run10', linesOf('run10', 20))).id);
    for (const fault of ['hang_mid_stream', 'cut_stream', 'connection_reset'] as const) {
      await vendor.simulator.control.setFaults([
        {
          account: '*',
          api: 'batch',
          operation: kind === 'google' ? 'retrieve' : 'results',
          kind: fault,
          times: 1,
        },
      ]);
      const { adapter, simulator } = vendor;
      const hasty = createProviderBatchAdapter({
        kind,
        apiKey: 'test-key',
        baseUrl: simulator.urlFor(kind),
        timeouts: { idleMs: 200, transferMs: 400 },
      })!;
      const reading = async () => {
        for await (const result of hasty.results(batch, { signal: vendor.signal })) void result;
      };
      await expect(reading()).rejects.toMatchObject({
        name: 'BatchReadError',
        error: { retryable: true },
      });
      await hasty.close();
      let count = 0;
      for await (const result of adapter.results(batch, { signal: vendor.signal })) {
        count += result.status === 'answered' ? 1 : 0;
      }
      expect(count).toBe(20);
    }
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

  it('shows no key in a message', async () => {
    const key = 'sk-very-secret-key-0123456789';
    const own = createProviderBatchAdapter({ kind, apiKey: key, baseUrl: vendor.simulator.urlFor(kind) })!;
    await vendor.simulator.control.setFaults([{ account: '*', api: 'batch', kind: 'unauthorized' }]);
    const outcome = await own.retrieve({ id: 'x', signal: vendor.signal });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    await own.close();
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
