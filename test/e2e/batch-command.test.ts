import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchEstimateSchema, batchSchema } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SpawnedCommand } from './spawn-command.ts';
import { spawnSluice } from './spawn-sluice.ts';
import { type DevBroker, startDevBroker } from './start-dev-broker.ts';
import { startProxy } from '../support/start-proxy.ts';
import { until } from '../support/until.ts';

let broker: DevBroker;
beforeAll(async () => {
  broker = await startDevBroker();
});
afterAll(() => broker.close());

const sluice = (...commandArguments: string[]): SpawnedCommand =>
  spawnSluice(['batch', ...commandArguments], { cwd: broker.folder });

function fileOf(name: string, lines: readonly object[]): string {
  writeFileSync(join(broker.folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return name;
}
const line = (n: number, body: object = {}): object => ({
  custom_id: `line-${n}`,
  method: 'POST',
  url: '/v1/chat/completions',
  body: {
    model: 'openai/gpt-5.4-mini',
    messages: [{ role: 'user', content: `Say ${n}.` }],
    max_tokens: 10,
    ...body,
  },
});
async function batchIds(): Promise<string[]> {
  const headers = { authorization: `Bearer ${broker.key}` };
  const answer = await fetch(`${broker.url}/v1/batches?limit=100`, { headers });
  return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
}
const lines = (count: number): object[] => Array.from({ length: count }, (_, n) => line(n));

test('a file runs to its end, and its results are in the file that was asked for', async () => {
  const file = fileOf('in.jsonl', lines(6));
  const { stderr } = await sluice(file, '--tier', 'standard', '--output', 'out.jsonl').succeeded();
  expect(stderr).toMatch(/completed: 6 of 6 done, 0 failed, \$0\.0\d+, results in out\.jsonl/);
  const results = readFileSync(join(broker.folder, 'out.jsonl'), 'utf8').trim().split('\n');
  const ids = results.map((result) => (JSON.parse(result) as { custom_id: string }).custom_id).sort();
  expect(ids).toEqual(['line-0', 'line-1', 'line-2', 'line-3', 'line-4', 'line-5']);
  expect(existsSync(join(broker.folder, `${file}.sluice-batch`))).toBe(false);
});

test('after Ctrl-C the same command goes on with the same batch', async () => {
  const file = fileOf('long.jsonl', lines(3));
  const first = sluice(file, '--tier', 'flex', '--lane', 'batch');
  let said = '';
  first.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await until(() => /^(validating|in_progress): /m.test(said), { what: 'the batch to be watched' });
  const memory = readFileSync(join(broker.folder, `${file}.sluice-batch`), 'utf8');
  const { batch_id: id } = JSON.parse(memory) as { batch_id: string };
  first.child.kill('SIGINT');
  const { code, stderr } = await first.exited;
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining(`${id} goes on`) });
  const again = await sluice(file, '--detach', '--json').succeeded();
  expect(again.stderr).toContain(`going on with ${id}`);
  expect(batchSchema.parse(JSON.parse(again.stdout)).id).toBe(id);
});

test('Ctrl-C before the answer to the create makes no second batch, even when a repeat is refused', async () => {
  const file = fileOf('early.jsonl', lines(2));
  let creates = 0;
  let interrupt = (): void => {};
  // The first create's answer never arrives; the second one is refused, as by a key that was revoked meanwhile.
  const proxy = await startProxy(broker.url, ({ method, url }, response) => {
    if (method !== 'POST' || url !== '/v1/batches') return false;
    creates += 1;
    if (creates === 1) interrupt();
    if (creates === 2) response.writeHead(403).end();
    return creates <= 2;
  });
  try {
    const call = (...options: string[]): SpawnedCommand =>
      sluice(file, '--url', proxy.url, '--key', broker.key, ...options);
    const first = call('--tier', 'standard');
    interrupt = () => first.child.kill('SIGINT');
    await first.exited;
    const made = await batchIds();
    const refused = await call().exited;
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('add --new') });
    const again = await call('--detach', '--json').succeeded();
    expect(batchSchema.parse(JSON.parse(again.stdout)).id).toBe(made[0]);
    expect(creates).toBe(3);
    expect(await batchIds()).toEqual(made);
  } finally {
    proxy.close();
  }
});

test('--dry-run looks at every line, estimates and sends nothing', async () => {
  const dry = [...lines(400), line(400, { model: 'anthropic/claude-haiku-4-5' })];
  const { stdout } = await sluice(fileOf('dry.jsonl', dry), '--dry-run', '--json').succeeded();
  const estimate = batchEstimateSchema.parse(JSON.parse(stdout));
  expect(estimate).toMatchObject({
    lines: 401,
    errors: { data: [] },
    targets: { 'openai/gpt-5.4-mini': 400, 'anthropic/claude-haiku-4-5': 1 },
  });
  expect(estimate.cost_usd).toBeGreaterThan(0);
  expect(existsSync(join(broker.folder, 'dry.jsonl.sluice-batch'))).toBe(false);
});

test('--dry-run names all that is wrong, with its lines', async () => {
  const dry = [...lines(300), line(7), line(301, { temperature: 9 })];
  const { code, stdout, stderr } = await sluice(fileOf('wrong.jsonl', dry), '--dry-run').exited;
  expect(code).toBe(1);
  expect(stdout).toContain('302 lines');
  expect(stderr).toContain('2 of 302 lines are wrong');
  expect(stderr).toMatch(/line 301: The custom_id .* duplicate/);
  expect(stderr).toMatch(/line 302: .*temperature/);
});

test('--resume goes on with a batch by its id alone, again after Ctrl-C, and waits for a broker that is away', async () => {
  const file = fileOf('elsewhere.jsonl', lines(3));
  const { stdout } = await sluice(file, '--lane', 'batch', '--detach').succeeded();
  const id = stdout.trim();
  let isAway = false;
  let refusals = 0;
  const proxy = await startProxy(broker.url, (_request, response) => {
    if (isAway) response.writeHead(503).end();
    if (isAway) refusals += 1;
    return isAway;
  });
  const resume = (...options: string[]): SpawnedCommand =>
    sluice('--resume', id, '--url', proxy.url, '--key', broker.key, ...options);
  try {
    const first = resume();
    let said = '';
    first.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => /^(validating|in_progress): /m.test(said), { what: 'the batch to be watched' });
    first.child.kill('SIGINT');
    expect(await first.exited).toMatchObject({
      code: 130,
      stderr: expect.stringContaining(`${id} goes on; "sluice batch --resume ${id}" shows it again.`),
    });

    said = '';
    const second = resume('--output', 'elsewhere-out.jsonl');
    second.child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until(() => /^(validating|in_progress): /m.test(said), { what: 'the batch to be watched again' });
    isAway = true;
    await until(() => refusals >= 2, { what: 'two looks that were answered with an error' });
    isAway = false;
    await fetch(`${broker.url}/v1/batches/${id}/cancel`, {
      method: 'POST',
      headers: { authorization: `Bearer ${broker.key}` },
    });
    const { code, stderr } = await second.exited;
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${id} cancelled`) });
    const results = readFileSync(join(broker.folder, 'elsewhere-out.jsonl'), 'utf8').trim().split('\n');
    expect(results).toHaveLength(3);
  } finally {
    proxy.close();
  }
  const { stdout: whole } = await sluice('--resume', id, '--json').exited;
  expect(batchSchema.parse(JSON.parse(whole))).toMatchObject({ id, status: 'cancelled' });
  for (const [wrong, said] of [
    [['--resume', 'batch_nope'], 'There is no batch'],
    [['--resume', id, '--tier', 'flex'], 'cannot be used with'],
    [['--resume', id, file], 'Name a FILE, or a batch'],
    [[], 'Name a FILE, or a batch'],
  ] as const) {
    expect((await sluice(...wrong).exited).stderr).toContain(said);
  }
});

test('faults are one sentence each, with the line', async () => {
  const bad = await sluice(fileOf('bad.jsonl', [line(1), line(2, { temperature: 9 })]), '--tier', 'standard')
    .exited;
  expect(bad.code).toBe(1);
  expect(bad.stderr).toMatch(/batch_\w+ failed:\n {2}line 2: .*temperature/);
  const missing = await sluice('nowhere.jsonl').exited;
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere.jsonl can't be read") });
  writeFileSync(join(broker.folder, 'empty.jsonl'), '\n\n');
  expect(await sluice('empty.jsonl').exited).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no requests'),
  });
});
