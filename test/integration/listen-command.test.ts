import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { startStack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

test('sluice listen prints the secret and forwards what happens to a local server, signed', async () => {
  const stack = await startStack();
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
  const main = join(import.meta.dirname, '../../apps/cli/src/main.ts');
  const args = [
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
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said.err += chunk.toString()));
  try {
    const secret = await until(() => /signing secret is (whsec_\S+)/.exec(said.err)?.[1] ?? null, {
      what: 'the secret',
    });
    // Workers know of the listener within a second; until then jobs end unheard.
    const call = await until(
      async () => {
        await stack.ended(
          (await stack.submit({ request: { messages: [{ role: 'user', content: 'Hi' }] } })).id,
        );
        return calls[0] ?? null;
      },
      { what: 'a forwarded event' },
    );
    const event = new Webhook(secret).verify(call.body, call.headers as Record<string, string>);
    expect(event).toMatchObject({ type: 'job.completed', data: { status: 'completed' } });
    await until(() => said.out.includes(`<--  [200] POST ${url} evt_`), { what: 'its line' });
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(0);
  } finally {
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    await stack.close();
  }
});
