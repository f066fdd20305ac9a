import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };
const ANSWER = {
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'proxied',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
};

let stack: Stack;
let proxy: Server;
beforeAll(async () => {
  // As a LiteLLM proxy answers.
  proxy = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-litellm-response-cost': '0.000123',
      });
      response.end(JSON.stringify(ANSWER));
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  stack = await startStack({
    simulator: {
      accounts: {
        openai: { kind: 'openai' },
        anthropic: { kind: 'anthropic' },
        google: { kind: 'google' },
        router: { kind: 'openrouter', price: { input: 3, output: 7 } },
      },
    },
    config: {
      extraProviders: {
        router: { kind: 'openrouter', simulated: 'router', catch_all: true },
        litellm: {
          kind: 'openai-compatible',
          base_url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/v1`,
        },
      },
      models: { 'router/meta-llama/llama-4-maverick': { price: { input: 1, output: 1 } } },
      routes: {
        default: { targets: ['openai/gpt-5.4-mini', 'router/openai/gpt-5.4-mini'] },
      },
      retries: { base_delay: '10ms', max_delay: '50ms' },
    },
  });
});
afterAll(async () => {
  await stack.close();
  await new Promise((resolve) => proxy.close(resolve));
});

describe('a provider that takes any model', () => {
  test('gets the models that no provider lists, slashes and all', async () => {
    const job = await run({ request: { ...HELLO, model: 'qwen/qwen3-coder' } });
    expect(job).toMatchObject({ status: 'completed', chain: ['router/qwen/qwen3-coder'] });
    expect(stack.simulator.control.calls({ account: 'router' }).at(-1)?.model).toBe('qwen/qwen3-coder');
    expect(job.attempts[0]?.region).toBeNull();
    const listed = await run({ request: { ...HELLO, model: 'gpt-5.4-mini' } });
    expect(listed.chain).toEqual(['openai/gpt-5.4-mini']);
  });

  test('may end a chain', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'unavailable' }]);
    const job = await run({ request: HELLO });
    await stack.simulator.control.setFaults([]);
    expect(job).toMatchObject({ status: 'completed' });
    expect(job.attempts.at(-1)?.target).toBe('router/openai/gpt-5.4-mini');
  });
});

describe('a cost that the upstream reports wins over the catalogue', () => {
  test.each([false, true])('in the usage of OpenRouter, stream %s', async (stream) => {
    const job = await run({ request: { ...HELLO, model: 'router/meta-llama/llama-4-maverick', stream } });
    const [attempt] = job.attempts;
    const { prompt_tokens: prompt = 0, completion_tokens: completion = 0 } = attempt?.usage ?? {};
    expect(attempt).toMatchObject({ status: 'succeeded', price_version: 'upstream' });
    expect(attempt?.cost_usd).toBeCloseTo((prompt * 3 + completion * 7) / 1_000_000, 12);
    expect(job.cost_usd).toBe(attempt?.cost_usd);
    const call = stack.simulator.control.calls({ account: 'router' }).at(-1);
    expect(attempt?.cost_usd).toBeCloseTo(call?.cost_usd ?? 0, 12);
  });

  test('in the headers of a LiteLLM proxy', async () => {
    const job = await run({ request: { ...HELLO, model: 'litellm/anything' } });
    expect(job.attempts).toMatchObject([{ cost_usd: 0.000123, price_version: 'upstream' }]);
    expect(job.warnings.map(({ code }) => code)).not.toContain('price_unknown');
  });
});

async function run(body: object): Promise<Job> {
  return stack.ended((await stack.submit(body)).id);
}
