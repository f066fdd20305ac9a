import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@sluice/simulator';
import { afterEach, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import type { SpawnedCommand } from './spawn-command.ts';
import { spawnSluice } from './spawn-sluice.ts';

let simulator: Simulator;
let folder: string;
let dev: SpawnedCommand;
afterEach(async () => {
  dev.child.kill('SIGTERM');
  await dev.exited;
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

test('sluice dev that is ended still runs the synchronous calls that wait in its queue', async () => {
  simulator = await startSimulator({
    config: { latency: { p50_ms: 1_500, min_ms: 1_500, p95_ms: 1_500, p99_ms: 1_500 } },
  });
  folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
  const provider = {
    kind: 'openai',
    api_key: 'simulated',
    base_url: simulator.urlFor('openai'),
    limits: { concurrency: 1 },
  };
  const config = {
    providers: { openai: provider },
    routes: { default: { targets: ['openai/gpt-5.4-mini'] } },
  };
  writeFileSync(join(folder, 'sluice.yaml'), JSON.stringify(config));
  dev = spawnSluice(['dev', '--port', '0', '--json'], { cwd: folder });
  const [line] = await dev.waitForOutput(/^\{.*\}$/m);
  const { url, key } = JSON.parse(line) as { url: string; key: string };
  const statuses = [1, 2].map(async (n) => {
    const answer = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ messages: [{ role: 'user', content: `Call ${n}` }] }),
    });
    return answer.status;
  });
  await until(
    async () => {
      const answer = await fetch(`${url}/v1/jobs`, { headers: { authorization: `Bearer ${key}` } });
      const { data } = (await answer.json()) as { data: { status: string }[] };
      return (
        data
          .map(({ status }) => status)
          .toSorted()
          .join() === 'in_progress,queued'
      );
    },
    { what: 'one call that runs and one that waits' },
  );
  dev.child.kill('SIGTERM');
  expect(await Promise.all(statuses)).toEqual([200, 200]);
  await dev.succeeded();
});
