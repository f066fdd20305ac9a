import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '@sluice/runtime';
import { afterEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startStack, type Stack } from '../support/start-stack.ts';

const FOLDER = join(import.meta.dirname, '../../examples');
const KEYS = { OPENAI_API_KEY: 'simulated', ANTHROPIC_API_KEY: 'simulated', GEMINI_API_KEY: 'simulated' };

let stack: Stack;
afterEach(() => stack.close());

interface Line {
  name: string;
  status: string;
  target: string;
  chain: string[];
  cost_usd: number;
  rules: string[];
}

/** Runs an example as its README says, with the simulator in the place of the vendors. */
async function run(example: string): Promise<Record<string, Line>> {
  const path = join(FOLDER, example, 'sluice.yaml');
  loadConfig({ path, env: KEYS });
  const { providers, ...config } = parse(readFileSync(path, 'utf8')) as { providers: Record<string, object> };
  const simulated = Object.fromEntries(
    Object.entries(providers).map(([name, provider]) => [name, { ...provider, api_key: 'simulated' }]),
  );
  stack = await startStack({ config: { ...config, providers: simulated } });
  const { stdout } = await promisify(execFile)(process.execPath, [join(FOLDER, example, 'run.mjs')], {
    env: { SLUICE_URL: stack.url, SLUICE_KEY: stack.key },
    timeout: 60_000,
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  for (const { status, cost_usd: costUsd } of lines) {
    expect(status).toBe('completed');
    expect(costUsd).toBeGreaterThan(0);
  }
  return Object.fromEntries(lines.map((line) => [line.name, line]));
}

test('token-size: a question, an analysis and a log go to three kinds of models', async () => {
  const jobs = await run('token-size');
  expect(jobs['quick check']).toMatchObject({ rules: [], target: 'openai/gpt-5.4-nano' });
  expect(jobs['root cause']).toMatchObject({
    rules: ['default.when.1'],
    target: 'anthropic/claude-sonnet-5',
  });
  expect(jobs['log analysis']).toMatchObject({
    rules: ['default.when.0'],
    target: 'google/gemini-2.5-flash',
  });
});

test('support-assistant: policy goes to frontier models alone, and nothing leaves the EU', async () => {
  const jobs = await run('support-assistant');
  expect(jobs['refund']).toMatchObject({ chain: ['anthropic/claude-opus-5', 'openai/gpt-5.4'] });
  expect(jobs['enterprise']).toMatchObject({ chain: ['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini'] });
  expect(jobs['shipping']?.chain.toSorted()).toEqual(['anthropic/claude-haiku-4-5', 'openai/gpt-5.4-mini']);
});

test('support-assistant: when the first model of an escalation is down, the second answers', async () => {
  const path = join(FOLDER, 'support-assistant', 'sluice.yaml');
  const { routes } = parse(readFileSync(path, 'utf8')) as { routes: object };
  stack = await startStack({ config: { routes } });
  await stack.simulator.control.setFaults([{ account: 'anthropic', kind: 'server_error' }]);
  const request = { messages: [{ role: 'user', content: 'I want my money back.' }] };
  const job = await stack.ended((await stack.submit({ request, tags: ['refund'] })).id);
  expect(job.status).toBe('completed');
  expect(job.attempts.at(-1)?.target).toBe('openai/gpt-5.4');
});

test('document-extraction: the cheapest that can, and a PDF to those that read it', async () => {
  const jobs = await run('document-extraction');
  expect(jobs['invoice as text']).toMatchObject({ rules: [] });
  expect(jobs['invoice as PDF']).toMatchObject({ rules: ['default.when.0'] });
  expect(jobs['invoice as text']?.cost_usd).toBeLessThan(0.02);
});
