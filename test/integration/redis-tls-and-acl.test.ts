import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/** As docs/operations.md has it. */
const RULES =
  /```acl\n(.+)\n```/.exec(
    readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8'),
  )?.[1] ?? '';
const PASSWORD = 'only-for-this-test';

let folder: string;
let server: ChildProcess | null = null;
let stack: Stack;
let admin: Redis;
const trusted = getCACertificates('default');
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const [certificate, secret] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
    '-addext',
    names,
  ];
  execFileSync('openssl', [...request, '-keyout', secret, '-out', certificate], { stdio: 'ignore' });
  setDefaultCACertificates([...trusted, readFileSync(certificate, 'utf8')]);
  const users = join(folder, 'users.acl');
  const limited = RULES.replace('>PASSWORD', `>${PASSWORD}`);
  writeFileSync(users, `user default off\nuser admin on >admin ~* &* +@all\n${limited}\n`);
  const port = await freePort();
  server = spawn(
    'redis-server',
    ['--port', '0', '--tls-port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--aclfile', users]
      .concat(['--tls-cert-file', certificate, '--tls-key-file', secret, '--tls-ca-cert-file', certificate])
      .concat([
        '--tls-auth-clients',
        'no',
        '--appendonly',
        'yes',
        '--save',
        '',
        '--maxmemory-policy',
        'noeviction',
      ]),
    { stdio: 'ignore' },
  );
  admin = new Redis(`rediss://admin:admin@127.0.0.1:${port}`, { retryStrategy: () => 50 });
  admin.on('error', () => undefined);
  await until(async () => (await admin.ping().catch(() => '')) === 'PONG', { what: 'the Redis server' });
  const url = `rediss://sluice:${PASSWORD}@127.0.0.1:${port}`;
  stack = await startStack({ prefix: 'sluice', redis: { url, close: async () => undefined } });
});
afterAll(async () => {
  await stack?.close();
  admin?.disconnect();
  if (server && server.exitCode === null) {
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  }
  setDefaultCACertificates(trusted);
  rmSync(folder, { recursive: true, force: true });
});

test('over TLS, with a user who may do no more than is documented, jobs of every kind run', async () => {
  const request = { messages: [{ role: 'user', content: 'Hello' }], max_tokens: 20 };
  const jobs = await Promise.all([
    stack.submit({ request }),
    stack.submit({ request: { ...request, stream: true }, tier: 'priority' }),
    stack.submit({ request, webhook: { url: 'http://127.0.0.1:8999/none' } }, { 'idempotency-key': 'k1' }),
  ]);
  for (const { id } of jobs) expect((await stack.ended(id)).status).toBe('completed');
  const chat = await stack.request('/v1/chat/completions', {
    method: 'POST',
    body: JSON.stringify({ ...request, model: 'openai/gpt-5.4-mini' }),
    headers: { 'content-type': 'application/json' },
  });
  expect(chat.status).toBe(200);
  const cancelled = await stack.submit({ request, within: '1h', tier: 'flex', lane: 'batch' });
  await stack.request(`/v1/jobs/${cancelled.id}/cancel`, { method: 'POST' });
  for (const path of [
    '/v1/providers',
    '/v1/queues',
    '/v1/jobs',
    '/v1/audit_log',
    '/readyz',
    '/queues/api/queues',
  ]) {
    expect({ path, status: (await stack.request(path)).status }).toEqual({ path, status: 200 });
  }
  expect((await stack.request(`/v1/jobs/${jobs[0]?.id}`, { method: 'DELETE' })).status).toBe(200);
  // Nothing that Sluice tried was refused, and nothing else is allowed.
  const refused = (await admin.call('ACL', 'LOG')) as unknown[][];
  expect(refused.map((entry) => entry.slice(0, 8))).toEqual([]);
  const limited = new Redis(stack.redis.url);
  for (const command of [
    ['FLUSHALL'],
    ['SET', 'elsewhere', '1'],
    ['CONFIG', 'SET', 'maxmemory', '1'],
    ['ACL', 'LIST'],
    ['KEYS', '*'],
  ]) {
    const [name = '', ...args] = command;
    await expect(limited.call(name, ...args)).rejects.toThrow('NOPERM');
  }
  limited.disconnect();
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
