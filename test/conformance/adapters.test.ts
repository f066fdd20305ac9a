import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { chatCompletionSchema, type ChatDelta, type ChatRequest } from '@sluice/contracts';
import {
  createProviderAdapter,
  type ProviderAdapter,
  type ProviderCall,
  type ProviderOutcome,
} from '@sluice/providers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONFORMANCE_VENDORS } from '../support/conformance-vendors.ts';
import { deepFreeze } from '../support/deep-freeze.ts';
import {
  scriptedVendorServer,
  type ScriptedAnswer,
  type ScriptedVendorServer,
} from '../support/scripted-vendor-server.ts';

const API_KEY = 'sk-conformance-0123456789';
const MODEL = 'model-1';
const USAGE = {
  prompt_tokens: 12,
  completion_tokens: 5,
  cache_read_tokens: 4,
  cache_write_tokens: 0,
  total_tokens: 17,
};
const TIMEOUTS = { connect_ms: 5_000, first_token_ms: 5_000, total_ms: 10_000 };
const REQUEST: ChatRequest = deepFreeze({
  messages: [
    { role: 'system', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Hello ' },
        { type: 'text', text: 'there' },
      ],
    },
    { role: 'assistant', content: 'Hi.' },
    { role: 'developer', content: 'In French.' },
    { role: 'user', content: 'Again, größer 🙂' },
  ],
  max_tokens: 64,
  temperature: 0.5,
  stop: 'END',
});

const json =
  (status: number, body: string, headers: Record<string, string> = {}): ScriptedAnswer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
const sse =
  (events: readonly string[], then: 'end' | 'hang' | 'reset' = 'end'): ScriptedAnswer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const done = () => {
      if (then === 'end') response.end();
      if (then === 'reset') response.socket?.resetAndDestroy();
    };
    response.write(events.join('') || ': nothing\n\n', done);
  };

describe.each(CONFORMANCE_VENDORS)('the adapter of $kind', ({ kind, wire }) => {
  let server: ScriptedVendorServer;
  let adapter: ProviderAdapter;
  beforeEach(async () => {
    server = await scriptedVendorServer();
    adapter = createProviderAdapter({ kind, apiKey: API_KEY, baseUrl: wire.baseUrl(server.origin) });
  });
  afterEach(async () => {
    await adapter.close();
    await adapter.close();
    await server.close();
  });

  const call = (changes: Partial<ProviderCall> = {}): Promise<ProviderOutcome> =>
    adapter.call({
      model: MODEL,
      entry: { max_output_tokens: 8_192 },
      request: REQUEST,
      signal: new AbortController().signal,
      timeouts: TIMEOUTS,
      ...changes,
    });
  const failed = (code: string, facts: object = {}) =>
    expect.objectContaining({
      status: 'error',
      error: expect.objectContaining({ code, ...facts }) as unknown,
    }) as unknown;

  describe('a plain answer', () => {
    it('comes back in normal form, from one request to the right place', async () => {
      server.answer(json(200, wire.plain('Bonjour 🙂')));
      const outcome = await call();
      if (outcome.status !== 'ok') throw new Error(outcome.error.message);
      expect(chatCompletionSchema.parse(outcome.completion)).toEqual(outcome.completion);
      expect(outcome.completion.model).toBe('model-of-vendor');
      expect(outcome.completion.choices).toEqual([
        {
          index: 0,
          message: { role: 'assistant', content: 'Bonjour 🙂', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ]);
      expect(outcome.usage).toMatchObject(USAGE);
      expect(outcome.firstTokenMs).toBeNull();
      expect(outcome.warnings).toEqual([]);
      expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
        ['POST', wire.path(MODEL, { streaming: false })],
      ]);
    });

    it('that hit the token limit has finish_reason length', async () => {
      server.answer(json(200, wire.plain('Bon', { finish: 'length' })));
      expect(await call()).toMatchObject({ completion: { choices: [{ finish_reason: 'length' }] } });
    });

    it('that was blocked is content_filter, with its usage', async () => {
      server.answer(json(200, wire.blocked()));
      const outcome = await call();
      expect(outcome).toEqual(failed('content_filter', { retryable: false, failover: true }));
      expect(outcome.usage).toMatchObject(USAGE);
    });

    it.each([
      ['malformed JSON', '{"id": "x", '],
      ['an empty body', ''],
      ['another shape', '{"hello": "world"}'],
    ])('of %s is malformed_response', async (_what, body) => {
      server.answer(json(200, body));
      expect(await call()).toEqual(failed('malformed_response', { retryable: true, failover: true }));
    });

    it('that breaks off in the middle is truncated', async () => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
        response.write('{"id": "', () => response.socket?.resetAndDestroy());
      });
      expect(await call()).toEqual(failed('truncated', { retryable: true, failover: true }));
    });

    it('larger than the cap is malformed_response, and is not read to its end', async () => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const piece = Buffer.alloc(1024 * 1024, ' ');
        const more = () => {
          while (!response.destroyed && response.write(piece));
          if (!response.destroyed) response.once('drain', more);
        };
        more();
      });
      expect(await call()).toEqual(failed('malformed_response'));
      await server.hungUp();
    });
  });

  describe('a stream', () => {
    const stream = async (changes: Partial<ProviderCall> = {}) => {
      const deltas: ChatDelta[] = [];
      const outcome = await call({ onDelta: (delta) => deltas.push(delta), ...changes });
      return { outcome, deltas };
    };

    it('passes deltas on in normal form and ends with the whole answer', async () => {
      server.answer(sse(wire.stream(['Bon', 'jour 🙂'])));
      const { outcome, deltas } = await stream();
      if (outcome.status !== 'ok') throw new Error(outcome.error.message);
      expect(deltas).toEqual([
        { index: 0, delta: { role: 'assistant', content: 'Bon' } },
        { index: 0, delta: { content: 'jour 🙂' } },
      ]);
      expect(chatCompletionSchema.parse(outcome.completion)).toEqual(outcome.completion);
      expect(outcome.completion).toMatchObject({
        model: 'model-of-vendor',
        choices: [{ message: { content: 'Bonjour 🙂' }, finish_reason: 'stop' }],
      });
      expect(outcome.usage).toMatchObject(USAGE);
      expect(outcome.firstTokenMs).toEqual(expect.any(Number));
      expect(server.requests[0]?.path).toBe(wire.path(MODEL, { streaming: true }));
    });

    it('survives being cut into single bytes', async () => {
      server.answer((response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const byte of Buffer.from(wire.stream(['größer 🙂']).join(''))) response.write(Buffer.of(byte));
        response.end();
      });
      const { outcome } = await stream();
      expect(outcome).toMatchObject({ completion: { choices: [{ message: { content: 'größer 🙂' } }] } });
    });

    it.each(['end', 'reset'] as const)(
      'that stops by %s before its terminal event is truncated',
      async (how) => {
        server.answer(sse(wire.streamWithoutEnd(['Bon']), how));
        const { outcome, deltas } = await stream();
        expect(outcome).toEqual(failed('truncated', { retryable: true, failover: true }));
        // A reset may overtake what was sent before it.
        const seen = deltas.map(({ delta }) => delta.content);
        expect(how === 'end' ? seen : ['Bon']).toEqual(['Bon']);
      },
    );

    it('with an error event inside is that error', async () => {
      server.answer(sse([...wire.streamWithoutEnd(['Bon']), wire.streamError()]));
      expect((await stream()).outcome).toEqual(
        failed('overloaded', { status: 200, retryable: true, failover: true }),
      );
    });

    it('that is blocked on the way is content_filter, with its usage', async () => {
      server.answer(sse(wire.streamBlocked()));
      const { outcome } = await stream();
      expect(outcome).toEqual(failed('content_filter', { retryable: false }));
      expect(outcome.usage).toMatchObject(USAGE);
    });

    it('with malformed JSON in an event is malformed_response', async () => {
      server.answer(sse([...wire.streamWithoutEnd(['Bon']), wire.malformedEvent()]));
      expect((await stream()).outcome).toEqual(failed('malformed_response'));
    });

    it('without any event is malformed_response', async () => {
      server.answer((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end());
      expect((await stream()).outcome).toEqual(failed('malformed_response'));
    });

    it('that never begins meets the first-token timeout', async () => {
      server.answer(sse([], 'hang'));
      const { outcome } = await stream({ timeouts: { ...TIMEOUTS, first_token_ms: 60 } });
      expect(outcome).toEqual(failed('timeout', { retryable: true, failover: true }));
      expect(outcome).toMatchObject({
        error: { message: expect.stringMatching(/first token timeout of 60 ms/) as unknown },
      });
      await server.hungUp();
    });

    it('that hangs in the middle meets the total timeout', async () => {
      server.answer(sse(wire.streamWithoutEnd(['Bon']), 'hang'));
      const { outcome } = await stream({ timeouts: { ...TIMEOUTS, total_ms: 250 } });
      expect(outcome).toMatchObject({
        error: { code: 'timeout', message: expect.stringMatching(/total timeout of 250 ms/) as unknown },
        firstTokenMs: expect.any(Number) as unknown,
      });
      await server.hungUp();
    });

    it('is cancelled by the signal in its middle, and the connection closed', async () => {
      const controller = new AbortController();
      server.answer(sse(wire.streamWithoutEnd(['Bon']), 'hang'));
      const { outcome } = await stream({ signal: controller.signal, onDelta: () => controller.abort() });
      expect(outcome).toEqual(failed('cancelled', { retryable: false, failover: false }));
      await server.hungUp();
    });
  });

  describe('a refusal', () => {
    it.each([
      [400, 'invalid_request', { retryable: false, failover: false }],
      [401, 'auth', { retryable: false, failover: true }],
      [402, 'billing', { retryable: false, failover: true }],
      [403, 'auth', { retryable: false, failover: true }],
      [404, 'invalid_request', { retryable: false, failover: true }],
      [422, 'invalid_request', { retryable: false, failover: false }],
      [429, 'rate_limited', { retryable: true, failover: true, retry_after_ms: null }],
      [500, 'server_error', { retryable: true, failover: true }],
      [502, 'server_error', { retryable: true, failover: true }],
      [503, 'overloaded', { retryable: true, failover: true }],
      [504, 'server_error', { retryable: true, failover: true }],
      [529, 'overloaded', { retryable: true, failover: true }],
    ])('with status %i is %s, after one request', async (status, code, facts) => {
      server.answer(json(status, wire.errorBody('what went wrong')));
      const outcome = await call();
      expect(outcome).toEqual(failed(code, { status, ...facts }));
      expect(outcome).toMatchObject({
        error: { message: expect.stringContaining('what went wrong') as unknown },
      });
      expect(server.requests).toHaveLength(1);
    });

    it('for a prompt that is too long is context_window', async () => {
      const { status, body } = wire.contextOverflow();
      server.answer(json(status, body));
      expect(await call()).toEqual(failed('context_window', { status, retryable: false, failover: true }));
    });

    it('in HTML is judged by its status', async () => {
      server.answer((response) =>
        response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad gateway</h1>'),
      );
      expect(await call()).toEqual(failed('server_error', { status: 502 }));
    });

    it('of a stream is the same as of a plain answer', async () => {
      server.answer(json(503, wire.errorBody('busy')));
      expect(await call({ onDelta: () => undefined })).toEqual(failed('overloaded', { status: 503 }));
    });

    it('says how long to wait, in seconds or as a date', async () => {
      server.answer(json(429, wire.errorBody('slow down'), { 'retry-after': '7' }));
      expect(await call()).toEqual(failed('rate_limited', { retry_after_ms: 7_000 }));
      server.answer(
        json(429, wire.errorBody('slow down'), {
          'retry-after': new Date(Date.now() + 60_000).toUTCString(),
        }),
      );
      const outcome = await call();
      if (outcome.status !== 'error') throw new Error('expected a refusal');
      expect(outcome.error.retry_after_ms).toBeGreaterThan(50_000);
      expect(outcome.error.retry_after_ms).toBeLessThanOrEqual(60_000);
    });

    it('never shows the API key, and stays short', async () => {
      server.answer(json(401, wire.errorBody(`bad key ${API_KEY} ${'x'.repeat(5_000)} ${API_KEY}`)));
      const outcome = await call();
      if (outcome.status !== 'error') throw new Error('expected a refusal');
      expect(outcome.error.message).toContain('bad key [key]');
      expect(JSON.stringify(outcome)).not.toContain(API_KEY);
      expect(Buffer.byteLength(outcome.error.message)).toBeLessThanOrEqual(1_024);
    });

    it('by redirect is not followed', async () => {
      if (kind === 'google') return; // Its SDK follows redirects by itself.
      server.answer((response) => response.writeHead(307, { location: `${server.origin}/elsewhere` }).end());
      expect(await call()).toEqual(failed('invalid_request', { status: 307, failover: true }));
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('the connection', () => {
    it('refused is network', async () => {
      await server.close();
      expect(await call()).toEqual(failed('network', { status: null, retryable: true, failover: true }));
    });

    it('reset before an answer is network', async () => {
      server.answer((response) => response.socket?.resetAndDestroy());
      expect(await call()).toEqual(failed('network', { retryable: true, failover: true }));
      expect(server.requests).toHaveLength(1);
    });

    it('that does not come to stand meets the connect timeout', async () => {
      // Takes TCP connections and never answers the TLS handshake.
      const silent = createServer((socket) => socket.on('error', () => undefined).resume());
      silent.listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const other = createProviderAdapter({ kind, apiKey: API_KEY, baseUrl: wire.baseUrl(origin) });
      const outcome = await other.call({
        model: MODEL,
        entry: {},
        request: REQUEST,
        signal: new AbortController().signal,
        timeouts: { ...TIMEOUTS, connect_ms: 80 },
      });
      expect(outcome).toEqual(failed('timeout', { status: null, retryable: true, failover: true }));
      expect(outcome).toMatchObject({
        error: { message: expect.stringMatching(/connect.* 80 ?ms/) as unknown },
      });
      await other.close();
      silent.close();
    });

    it('that stands is not held to the connect timeout any longer', async () => {
      const timeouts = { ...TIMEOUTS, connect_ms: 60 };
      server.answer(json(200, wire.plain('warm')));
      await vi.waitFor(async () => expect(await call({ timeouts })).toMatchObject({ status: 'ok' }));
      server.answer((response) => setTimeout(() => json(200, wire.plain('late'))(response), 90));
      expect(await call({ timeouts })).toMatchObject({ status: 'ok' });
    });

    it('that is plain has no first token: only the total timeout ends it', async () => {
      server.answer(() => undefined);
      const outcome = await call({ timeouts: { ...TIMEOUTS, first_token_ms: 10, total_ms: 60 } });
      expect(outcome).toMatchObject({
        error: { code: 'timeout', message: expect.stringMatching(/total timeout of 60 ms/) as unknown },
      });
      await server.hungUp();
    });

    it('is not opened for a call that is cancelled already', async () => {
      const controller = new AbortController();
      controller.abort();
      expect(await call({ signal: controller.signal })).toEqual(failed('cancelled'));
      expect(server.requests).toHaveLength(0);
    });

    it('is closed when the signal aborts a call that waits', async () => {
      const controller = new AbortController();
      server.answer(() => controller.abort());
      expect(await call({ signal: controller.signal })).toEqual(failed('cancelled'));
      await server.hungUp();
    });
  });
});
