import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Job } from '@sluice/contracts';
import { startStack, type Stack } from '../support/start-stack.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const REQUEST = {
  messages: [{ role: 'user', content: 'Which city?' }],
  response_format: { type: 'json_schema', json_schema: { name: 'city', schema: SCHEMA } },
};
const GOOD = '{"city":"Bonn"}';
const BAD = '{"town":"Bonn"}';

/** What the scripted servers answer next, by the first part of their path; the last one again and again. */
let answers: Record<string, string[]> = {};
let stack: Stack;
let server: Server;
beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const name = request.url?.split('/')[1] ?? '';
      const list = answers[name] ?? [];
      const content = (list.length > 1 ? list.shift() : list[0]) ?? '';
      const { stream } = JSON.parse(Buffer.concat(chunks).toString()) as { stream?: boolean };
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      const shared = { id: 'x', created: 1, model: 'm' };
      if (!stream) {
        const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ ...shared, object: 'chat.completion', choices: [choice], usage }));
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      const chunk = (body: object) => response.write(`data: ${JSON.stringify({ ...shared, ...body })}\n\n`);
      chunk({ choices: [{ index: 0, delta: { role: 'assistant', content } }] });
      chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
      chunk({ choices: [], usage });
      response.end('data: [DONE]\n\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stack = await startStack({
    config: {
      extraProviders: {
        first: { kind: 'openai-compatible', base_url: `${origin}/first/v1` },
        second: { kind: 'openai-compatible', base_url: `${origin}/second/v1` },
      },
      models: {
        'first/m': { price: { input: 1, output: 1 } },
        'second/m': { price: { input: 1, output: 1 } },
      },
      routes: { default: { targets: ['first/m', 'second/m'], rounds: 2 } },
      retries: { base_delay: '5ms', max_delay: '20ms' },
    },
  });
});
beforeEach(() => {
  answers = { first: [BAD], second: [GOOD] };
});
afterAll(async () => {
  await stack.close();
  await new Promise((resolve) => server.close(resolve));
});

describe('a job with validate', () => {
  test('counts an answer that breaks its schema as a failed, paid attempt, and goes on', async () => {
    const job = await run({ request: REQUEST, validate: { json_schema: true } });
    expect(job.status).toBe('completed');
    expect(outcomes(job)).toEqual([
      'first malformed_response',
      'first malformed_response',
      'second succeeded',
    ]);
    expect(job.result?.choices[0]?.message.content).toBe(GOOD);
    expect(job.attempts[0]).toMatchObject({
      error: { message: expect.stringMatching(/breaks its JSON schema at \//), status: 200, retryable: true },
      usage: { total_tokens: 15 },
      cost_usd: 0.000015,
    });
    expect(job.cost_usd).toBeCloseTo(0.000045, 12);
    expect(JSON.stringify(job.attempts)).not.toContain('Bonn');
  });

  test('takes an answer that came right at the second try', async () => {
    answers = { first: [BAD, GOOD] };
    const job = await run({ request: REQUEST, validate: {} });
    expect(outcomes(job)).toEqual(['first malformed_response', 'first succeeded']);
  });

  test('fails with malformed_response after so many as it allows', async () => {
    answers = { first: [BAD], second: [BAD] };
    const job = await run({ request: REQUEST, validate: { json_schema: true, max_failures: 3 } });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'malformed_response' } });
    expect(outcomes(job)).toEqual([
      'first malformed_response',
      'first malformed_response',
      'second malformed_response',
    ]);
  });

  test('does not open the breaker of the target: it answered as it was asked', async () => {
    answers = { first: [BAD], second: [BAD] };
    for (let n = 0; n < 4; n += 1) await run({ request: REQUEST, validate: {} });
    answers = { first: ['anything'], second: [] };
    const job = await run({ request: { messages: REQUEST.messages } });
    expect(outcomes(job)).toEqual(['first succeeded']);
  });

  test('begins a stream anew, or fails it where the caller wants that', async () => {
    const request = { ...REQUEST, stream: true };
    answers = { first: [BAD, GOOD] };
    const restarted = await run({ request, validate: {} });
    expect(restarted.status).toBe('completed');
    const events = await (await stack.request(`/v1/jobs/${restarted.id}/events`)).text();
    expect(events).toContain('job.restarted');
    answers = { first: [BAD, GOOD] };
    const failed = await run({ request, validate: {}, on_stream_failure: 'fail' });
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'malformed_response' } });
    expect(failed.attempts).toHaveLength(1);
  });
});

test('without validate an answer is taken as it is', async () => {
  const job = await run({ request: REQUEST });
  expect(outcomes(job)).toEqual(['first succeeded']);
  expect(job.result?.choices[0]?.message.content).toBe(BAD);
});

test('a schema that can’t be checked is a warning', async () => {
  const schema = { type: 'object', properties: { town: { type: 'string', pattern: '(' } } };
  const request = {
    ...REQUEST,
    response_format: { type: 'json_schema', json_schema: { name: 'city', schema } },
  };
  const job = await run({ request, validate: {} });
  expect(outcomes(job)).toEqual(['first succeeded']);
  expect(job.warnings).toMatchObject([{ code: 'not_validated', param: 'validate' }]);
});

test('at the front door it is the header x-sluice-validate', async () => {
  const answer = await stack.request('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sluice-validate': '{"json_schema":true}' },
    body: JSON.stringify({ ...REQUEST, model: 'default' }),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-sluice-target')).toBe('second/m');
  expect(answer.headers.get('x-sluice-attempts')).toBe('3');
});

async function run(body: object): Promise<Job> {
  return stack.ended((await stack.submit(body)).id);
}

function outcomes({ attempts }: Job): string[] {
  return attempts.map(({ target, status, error }) => `${target.split('/')[0]} ${error?.code ?? status}`);
}
