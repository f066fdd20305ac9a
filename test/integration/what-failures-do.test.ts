import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({
    config: {
      models: {
        'openai/small': { max_input_tokens: 1_000 },
        'anthropic/smaller': { max_input_tokens: 500 },
        'google/large': { max_input_tokens: 1_000_000 },
      },
      retries: { base_delay: '10ms', max_delay: '50ms' },
      // With it, a job whose targets all fail waits for them and does not end.
      breaker: { enabled: false },
    },
  });
});
afterEach(() => stack.simulator.control.reset());
afterAll(() => stack.close());

const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };

describe('an attempt that fails', () => {
  test('with the caller’s own mistake ends the job at once', async () => {
    const job = await run({
      request: {
        ...HELLO,
        model: 'anthropic/claude-haiku-4-5',
        provider_options: { anthropic: { no_such_field: 1 } },
      },
    });
    expect(job).toMatchObject({
      status: 'failed',
      error: { code: 'invalid_request', last_error: { status: 400, retryable: false } },
    });
    expect(job.attempts).toHaveLength(1);
  });

  test('with bad credentials goes to the next target and never back', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'unauthorized' }]);
    const job = await run({ request: HELLO });
    expect(job.status).toBe('completed');
    expect(outcomes(job)).toEqual(['openai auth', 'anthropic succeeded']);
  });

  test('with a refusal ends the job, unless the caller lets it go on', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'refusal' }]);
    const ended = await run({ request: HELLO });
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'content_filter' } });
    expect(ended.attempts).toHaveLength(1);
    const next = await run({ request: HELLO, on_refusal: 'next' });
    expect(next.status).toBe('completed');
    expect(outcomes(next)).toEqual(['openai content_filter', 'anthropic succeeded']);
  });

  test('with a prompt that is too long goes only to a larger window', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'context_window' }]);
    const job = await run({ request: HELLO, chain: ['openai/small', 'anthropic/smaller', 'google/large'] });
    expect(job.status).toBe('completed');
    expect(outcomes(job)).toEqual(['openai context_window', 'google succeeded']);
    const none = await run({ request: HELLO, chain: ['openai/small', 'anthropic/smaller'] });
    expect(none).toMatchObject({ status: 'failed', error: { code: 'context_window' } });
  });

  test('with a server error is made again at the same target before the next', async () => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error', times: 3 }]);
    const job = await run({ request: HELLO });
    expect(outcomes(job)).toEqual(['openai server_error', 'openai server_error', 'anthropic succeeded']);
    const later = await run({ request: HELLO });
    expect(outcomes(later)).toEqual(['openai server_error', 'openai succeeded']);
  });

  test.each([
    ['bad_gateway', 'server_error'],
    ['connection_reset', 'network'],
    ['malformed_json', 'malformed_response'],
    ['empty_body', 'malformed_response'],
    ['cut_stream', 'malformed_response'],
  ] as const)('by %s is told as %s', async (kind, code) => {
    await stack.simulator.control.setFaults([{ account: 'openai', kind, times: 1 }]);
    const job = await run({ request: { ...HELLO, model: 'openai/gpt-5.4-mini' } });
    expect(outcomes(job)).toEqual([`openai ${code}`, 'openai succeeded']);
  });
});

test('a chain that fails in every round fails the job with all attempts and the last error', async () => {
  await stack.simulator.control.setFaults([{ account: '*', kind: 'server_error' }]);
  const job = await run({ request: HELLO });
  expect(job).toMatchObject({
    status: 'failed',
    error: { code: 'all_targets_failed', last_error: { code: 'server_error', status: 500 } },
  });
  const oneRound = ['openai', 'openai', 'anthropic', 'anthropic', 'google', 'google'].map(
    (name) => `${name} server_error`,
  );
  expect(outcomes(job)).toEqual([...oneRound, ...oneRound, ...oneRound]);
});

test('Retry-After delays the job, not a slot of the worker', async () => {
  await stack.simulator.control.setFaults([
    { account: 'openai', kind: 'rate_limited', times: 1, retry_after_s: 2 },
  ]);
  const submitted = await stack.submit({ request: { ...HELLO, model: 'openai/gpt-5.4-mini' } });
  // The provider is paused for everybody; the worker goes on with the others.
  const other = await run({ request: { ...HELLO, model: 'anthropic/claude-haiku-4-5' } });
  const job = await stack.ended(submitted.id);
  expect(outcomes(job)).toEqual(['openai rate_limited', 'openai succeeded']);
  const [first, second] = job.attempts;
  expect(first?.error?.retry_after_ms).toBe(2_000);
  expect(Date.parse(second?.started_at ?? '') - Date.parse(first?.finished_at ?? '')).toBeGreaterThanOrEqual(
    1_990,
  );
  expect(Date.parse(other.finished_at ?? '')).toBeLessThan(Date.parse(second?.started_at ?? ''));
});

test.each(['openai/gpt-4.1-mini', 'anthropic/claude-haiku-4-5', 'google/gemini-2.5-flash'])(
  'the parameters of this release are taken by %s',
  async (model) => {
    const job = await run({
      request: { ...HELLO, model, max_tokens: 20, temperature: 0.5, top_p: 0.9, stop: ['END', 'STOP'] },
    });
    expect(job.status).toBe('completed');
    expect(job.result?.usage.completion_tokens).toBeLessThanOrEqual(20);
  },
);

test('what a target can’t take is a warning on the job', async () => {
  const job = await run({
    request: { ...HELLO, model: 'anthropic/claude-haiku-4-5', seed: 7, frequency_penalty: 1 },
  });
  expect(job.status).toBe('completed');
  expect(job.warnings.map(({ param, target }) => `${param} ${target}`).sort()).toEqual([
    'frequency_penalty anthropic/claude-haiku-4-5',
    'seed anthropic/claude-haiku-4-5',
  ]);
});

async function run(body: object): Promise<Job> {
  return stack.ended((await stack.submit(body)).id);
}

function outcomes({ attempts }: Job): string[] {
  return attempts.map(({ target, status, error }) => `${target.split('/')[0]} ${error?.code ?? status}`);
}
