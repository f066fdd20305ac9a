import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Job, jobSchema } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SpawnedCommand } from './spawn-command.ts';
import { spawnSluice } from './spawn-sluice.ts';
import { type DevBroker, startDevBroker } from './start-dev-broker.ts';

let broker: DevBroker;
beforeAll(async () => {
  broker = await startDevBroker();
});
afterAll(() => broker.close());

function sluice(commandArguments: readonly string[], input?: string): SpawnedCommand {
  return spawnSluice(commandArguments, { cwd: broker.folder, ...(input === undefined ? {} : { input }) });
}

async function submittedJob(commandArguments: readonly string[], input?: string): Promise<Job> {
  const { stdout } = await sluice(['submit', ...commandArguments, '--json'], input).succeeded();
  return jobSchema.parse(JSON.parse(stdout));
}

test('the address and key are written down for the owner alone', () => {
  const path = join(broker.folder, '.sluice', 'dev.json');

  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ url: broker.url, key: broker.key });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('submit --wait prints the answer alone to stdout', async () => {
  const { stdout, stderr } = await sluice([
    'submit',
    '--prompt',
    'Why is the sky blue?',
    '--wait',
  ]).succeeded();

  expect(stdout.trim().length).toBeGreaterThan(10);
  expect(stderr).toMatch(/^job_\w+ completed, at openai\/gpt-5\.4-mini, attempts 1/m);
});

test('a chat request from stdin, with tier and chain by flag', async () => {
  const request = JSON.stringify({ messages: [{ role: 'user', content: 'hello' }], max_tokens: 20 });

  const job = await submittedJob(
    ['-', '--tier', 'priority', '--chain', 'google/gemini-2.5-flash,openai/gpt-5.4-mini', '--wait'],
    request,
  );

  expect(job).toMatchObject({
    status: 'completed',
    tier: 'priority',
    chain: ['google/gemini-2.5-flash', 'openai/gpt-5.4-mini'],
  });
  expect(job.attempts.map(({ target }) => target)).toEqual(['google/gemini-2.5-flash']);
});

test('the same idempotency key is the same job', async () => {
  const flags = ['--prompt', 'once', '--idempotency-key', 'order-1'];

  expect((await submittedJob(flags)).id).toBe((await submittedJob(flags)).id);
});

test('watch prints the text as it streams, and goes on after an event', async () => {
  const job = await submittedJob(['--prompt', 'Tell me about rivers.', '--stream']);

  const watched = await sluice(['watch', job.id]).succeeded();
  const all = await sluice(['watch', job.id, '--json']).succeeded();
  const rest = await sluice(['watch', job.id, '--json', '--after', '2']).succeeded();

  const { stdout } = await sluice(['jobs', 'get', job.id, '--json']).succeeded();
  const answer = jobSchema.parse(JSON.parse(stdout)).result?.choices[0]?.message.content;
  expect(watched.stdout).toBe(`${answer}\n`);
  const sequence = (text: string): number[] =>
    text
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq);
  const numbers = sequence(all.stdout);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(sequence(rest.stdout)).toEqual(numbers.slice(2));
});

test('jobs lists and cancels', async () => {
  const later = await submittedJob(['--prompt', 'later', '--within', '1h']);
  const listed = await sluice(['jobs', '--limit', '3', '--json']).succeeded();
  const table = await sluice(['jobs', 'list', '--status', 'completed']).succeeded();

  const { data } = JSON.parse(listed.stdout) as { data: Job[] };
  expect(data).toHaveLength(3);
  expect(data[0]?.id).toBe(later.id);
  expect(table.stdout).toMatch(/^JOB +STATUS +TIER/);
});

test('keys create makes a key that works, keys revoke ends it', async () => {
  const made = await sluice(['keys', 'create', '--name', 'test', '--json']).succeeded();
  const { id, key } = JSON.parse(made.stdout) as { id: string; key: string };
  await sluice(['jobs', '--key', key, '--json']).succeeded();
  await sluice(['keys', 'revoke', id]).succeeded();

  const { stdout } = await sluice(['keys', 'list', '--json']).succeeded();
  const { data } = JSON.parse(stdout) as { data: { id: string; revoked_at: string | null }[] };
  expect(data.find((listed) => listed.id === id)?.revoked_at).toMatch(/^20/);
  expect(stdout).not.toContain(key);
});

test('doctor finds nothing wrong but the missing provider keys', async () => {
  const { stdout } = await sluice(['doctor', '--json']).succeeded();

  const { findings } = JSON.parse(stdout) as { findings: { level: string; check: string }[] };
  expect(findings.filter(({ level }) => level === 'warn').map(({ check }) => check)).toEqual([
    'provider openai',
    'provider anthropic',
    'provider google',
  ]);
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['redis', 'eviction', 'aof', 'clock', 'api', 'api key']),
  );
});

test.each([
  [['submit'], 2, /Nothing to submit/],
  [['submit', '--prompt', 'x', '--tier', 'urgent'], 2, /Allowed choices/],
  [['submit', '--prompt', 'x', '--route', 'nowhere'], 1, /unknown_route/],
  [['submit', '/no/such/file.json'], 2, /can't be read/],
  [['jobs', 'get', 'job_unknown'], 1, /not_found/],
  [['jobs', '--key', 'wrong'], 1, /invalid_api_key/],
  [['frobnicate'], 2, /unknown command/],
  [['worker', '--providers', 'nobody'], 2, /not configured/],
])('%j ends with exit code %i and one sentence', async (commandArguments, exitCode, message) => {
  const { code, stdout, stderr } = await sluice(commandArguments).exited;

  expect(stderr).toMatch(message);
  expect(stderr).not.toContain('    at ');
  expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' });
});

test('a second dev on the same folder is refused', async () => {
  const { code, stderr } = await sluice(['dev', '--port', '0']).exited;

  expect(code).toBe(1);
  expect(stderr).toMatch(/in use by process \d+/);
});

test('without a broker the commands say how to start one', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const { code, stderr } = await spawnSluice(['jobs', '--url', 'http://127.0.0.1:1', '--key', 'x'], {
    cwd: empty,
  }).exited;
  rmSync(empty, { recursive: true });

  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm start') as string });
});
