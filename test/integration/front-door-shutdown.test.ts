import OpenAI from 'openai';
import { afterEach, expect, test } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
afterEach(() => stack.close());

const messages = [{ role: 'user' as const, content: 'Say hello.' }];

async function start(options: StackOptions): Promise<OpenAI> {
  stack = await startStack(options);
  return new OpenAI({ apiKey: stack.key, baseURL: `${stack.url}/v1`, maxRetries: 0 });
}

const runs = () =>
  until(() => Promise.resolve(stack.simulator.control.summary().running === 1), { what: 'a call that runs' });

test('a server that shuts down finishes the calls that wait, and takes no more', async () => {
  const client = await start({ simulator: { latency: { p50_ms: 1_000, tokens_per_second: 0 } } });
  const waiting = client.chat.completions.create({ model: 'default', messages });
  await runs();
  const closed = stack.closeApi();
  const late = await fetch(`${stack.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'default', messages }),
  });
  expect(late.status).toBe(503);
  expect(Object.fromEntries(late.headers)).toMatchObject({ 'retry-after': '1', 'x-should-retry': 'true' });
  expect(await late.json()).toMatchObject({ error: { code: 'shutting_down' } });
  expect((await waiting).choices[0]?.message.content).not.toBe('');
  await closed;
});

test.each([false, true])('what does not end in time is cancelled, stream %s', async (stream) => {
  const client = await start({ apiLimits: { closeGraceMs: 200 } });
  await stack.simulator.control.setFaults([{ account: 'openai', kind: 'hang_before_headers' }]);
  const waiting = client.chat.completions.create({ model: 'default', messages, stream }).then(
    () => null,
    (thrown: InstanceType<typeof OpenAI.APIError>) => thrown,
  );
  await runs();
  const closed = stack.closeApi();
  const error = await waiting;
  expect(error).toMatchObject({ status: 503, code: 'shutting_down' });
  expect(error?.headers?.get('retry-after-ms')).toBe('1000');
  await closed;
  await until(() => Promise.resolve(stack.simulator.control.summary().running === 0), {
    what: 'the end of the call',
  });
});

test.each(['chat', 'response'])(
  'a %s stream that has begun and does not end in time is told why, and cancelled',
  async (kind) => {
    const client = await start({
      apiLimits: { closeGraceMs: 200 },
      simulator: { latency: { p50_ms: 5, tokens_per_second: 10 }, answer_tokens: { min: 500, max: 600 } },
    });
    let closed: Promise<void> | null = null;
    const close = () => (closed ??= stack.closeApi());
    const read = async (): Promise<void> => {
      if (kind === 'chat') {
        const stream = await client.chat.completions.create({ model: 'default', messages, stream: true });
        for await (const { choices } of stream) if (choices[0]?.delta.content) void close();
      } else {
        const stream = await client.responses.create({ model: 'default', input: 'Hello.', stream: true });
        for await (const { type } of stream) if (type === 'response.output_text.delta') void close();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'shutting_down' });
    await close();
    await until(() => Promise.resolve(stack.simulator.control.summary().running === 0), {
      what: 'the end of the call',
      timeoutMs: 3_000,
    });
  },
);
