import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchLines, chatBody } from '../support/batch-lines.ts';
import type { SpawnedCommand } from './spawn-command.ts';
import { spawnSluice } from './spawn-sluice.ts';
import { type DevBroker, startDevBroker } from './start-dev-broker.ts';

let broker: DevBroker;
beforeAll(async () => {
  broker = await startDevBroker();
});
afterAll(() => broker.close());

const at = (name: string): string => join(broker.folder, name);
const sluice = (...commandArguments: string[]): SpawnedCommand =>
  spawnSluice(['batch', ...commandArguments], { cwd: broker.folder });

function requests(name: string, count = 3): string {
  const bodies = Array.from({ length: count }, (_, n) => chatBody(`Say ${n + 1}.`, 'openai/gpt-5.4-mini'));
  writeFileSync(at(name), batchLines(bodies));
  return name;
}
async function batches(): Promise<number> {
  const headers = { authorization: `Bearer ${broker.key}` };
  const answer = await fetch(`${broker.url}/v1/batches?limit=100`, { headers });
  return ((await answer.json()) as { data: unknown[] }).data.length;
}

test('a place that results can not go to is refused before a batch is made', async () => {
  const file = requests('in.jsonl');
  mkdirSync(at('folder'));
  const before = readFileSync(at(file), 'utf8');
  for (const [output, why] of [
    ['nowhere/out.jsonl', 'ENOENT'],
    ['folder', 'it is a folder'],
    [file, 'it holds the requests'],
  ] as const) {
    const { code, stderr } = await sluice(file, '--lane', 'live', '--output', output).exited;
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(why) });
    expect(stderr.trim().split('\n')).toHaveLength(1);
  }
  expect(await batches()).toBe(0);
  expect(readFileSync(at(file), 'utf8')).toBe(before);
});

test('results go through a link and into a pipe, which stay what they are', async () => {
  const file = requests('kinds.jsonl');
  writeFileSync(at('real.jsonl'), 'old');
  symlinkSync(at('real.jsonl'), at('link.jsonl'));
  await sluice(file, '--lane', 'live', '--output', 'link.jsonl').succeeded();
  expect(lstatSync(at('link.jsonl')).isSymbolicLink()).toBe(true);
  expect(readFileSync(at('real.jsonl'), 'utf8').trim().split('\n')).toHaveLength(3);

  execFileSync('mkfifo', [at('pipe')]);
  const command = sluice(file, '--lane', 'live', '--output', 'pipe').succeeded();
  const read = readFile(at('pipe'), 'utf8');
  await command;
  expect((await read).trim().split('\n')).toHaveLength(3);
  expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  expect(readdirSync(broker.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('the same command twice at one moment makes one batch', async () => {
  const file = requests('twice.jsonl');
  const made = await batches();
  const both = await Promise.all(
    ['a.jsonl', 'b.jsonl'].map((output) => sluice(file, '--lane', 'live', '--output', output).succeeded()),
  );
  const ids = both.map(({ stderr }) => /^(?:going on with )?(batch_\w+)$/m.exec(stderr)?.[1]);
  expect(ids[0]).toBe(ids[1]);
  expect(await batches()).toBe(made + 1);
  expect(readFileSync(at('a.jsonl'), 'utf8')).toBe(readFileSync(at('b.jsonl'), 'utf8'));
  expect(existsSync(at(`${file}.sluice-batch`))).toBe(false);
});

test('requests that can be read only once are refused in one sentence', async () => {
  execFileSync('mkfifo', [at('requests-pipe')]);
  const { code, stderr } = await sluice('requests-pipe').exited;
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no ordinary file') });
});

test('a reader of the results that goes away is said in one sentence, and the next call fetches them', async () => {
  const file = requests('reader.jsonl', 400);
  const command = sluice(file, '--lane', 'live');
  command.child.stdout?.once('data', () => command.child.stdout?.destroy());
  const { code, stderr } = await command.exited;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('could be written to standard output'),
  });
  expect(stderr).not.toContain(' at ');
  expect((await sluice(file).succeeded()).stdout.trim().split('\n')).toHaveLength(400);
});
