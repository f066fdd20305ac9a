import { BatchReadError, createProviderBatchAdapter } from '@sluice/providers';
import { startSimulator } from '@sluice/simulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BATCH_KINDS, startBatchVendor, valueOf, type BatchVendor } from '../support/batch-vendor.ts';

let vendor: BatchVendor;
afterEach(() => vendor.close());

function linesOf(run: string, count: number) {
  return Array.from({ length: count }, (_, n) => vendor.line(run, n));
}

describe.each(BATCH_KINDS)('the batch adapter of %s, when things go wrong,', (kind) => {
  beforeEach(async () => {
    vendor = await startBatchVendor(kind);
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

  it('shows no key in a message', async () => {
    const key = 'sk-very-secret-key-0123456789';
    const own = createProviderBatchAdapter({ kind, apiKey: key, baseUrl: vendor.simulator.urlFor(kind) })!;
    await vendor.simulator.control.setFaults([{ account: '*', api: 'batch', kind: 'unauthorized' }]);
    const outcome = await own.retrieve({ id: 'x', signal: vendor.signal });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    await own.close();
  });
});
