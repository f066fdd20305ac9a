import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const MAIN = join(import.meta.dirname, '../../apps/cli/src/main.ts');

/** A local server that remembers what it was sent. */
async function startReceiver() {
  const calls: { body: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      calls.push({ body, headers: request.headers });
      response.writeHead(200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
  return {
    calls,
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let stack: Stack;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeEach(async () => {
  stack = await startStack();
  receiver = await startReceiver();
});
afterEach(async () => {
  receiver.close();
  await stack.close();
});

const listenArgs = (): string[] => {
  const { url } = receiver;
  return [
    MAIN,
    'listen',
    '--forward-to',
    url,
    '--events',
    'job.completed',
    '--url',
    stack.url,
    '--key',
    stack.key,
  ];
};

/**
 * Workers know of the listener within a second; until then jobs end unheard. Resolves with the event of the last job
 * that was submitted: nothing comes after it.
 */
async function lastEvent() {
  let lastJob = '';
  await until(
    async () => {
      ({ id: lastJob } = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hi' }] } }));
      await stack.ended(lastJob);
      return receiver.calls.length > 0;
    },
    { what: 'a forwarded event' },
  );
  return until(() => receiver.calls.find(({ body }) => body.includes(lastJob)) ?? null, {
    what: `the event of ${lastJob}`,
  });
}

test('sluice listen prints the secret and forwards what happens to a local server, signed', async () => {
  const child = spawn(process.execPath, listenArgs(), { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said.err += chunk.toString()));
  try {
    const secret = await until(() => /signing secret is (whsec_\S+)/.exec(said.err)?.[1] ?? null, {
      what: 'the secret',
    });
    const call = await lastEvent();
    const event = new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
    expect(event).toMatchObject({ type: 'job.completed', data: { status: 'completed' } });
    await until(() => said.out.includes(`<--  [200] POST ${receiver.url} evt_`), { what: 'its line' });
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});

/** `script` (util-linux) gives the command a terminal of its own, and what is written to it are key presses. */
const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false;

const lines = (screen: string): number => screen.split('<--  [200] POST').length - 1;

test.skipIf(!hasScript)('in a terminal r sends the last event again, and q ends', async () => {
  const command = [process.execPath, ...listenArgs()].map((part) => `'${part}'`).join(' ');
  const child = spawn('script', ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let screen = '';
  child.stdout.on('data', (chunk: Buffer) => void (screen += chunk.toString()));
  try {
    await until(() => screen.includes('Ready.'), { what: 'the listener' });
    const event = await lastEvent();
    const heard = receiver.calls.length;
    await until(() => lines(screen) === heard, { what: 'a line for each event' });
    child.stdin.write('r');
    await until(() => receiver.calls.length === heard + 1, { what: 'an event again' });
    const again = receiver.calls.at(-1);
    expect(again?.body).toBe(event.body);
    expect(again?.headers['webhook-id']).toBe(event.headers['webhook-id']);
    await until(() => lines(screen) === heard + 1, { what: 'its line' });
    child.stdin.write('q');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});
