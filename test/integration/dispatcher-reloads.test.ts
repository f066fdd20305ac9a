import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema, type ShownWebhookDelivery } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';

const LOOPBACK = ['127.0.0.0/8'];

let api: ApiFixture;
let folder: string;
let dispatcher: ChildProcess;
let log = '';
let receiver: Server;
let endpoint: string;
/** What the receiver answers with; 0: nothing. */
let answer = 204;

beforeAll(async () => {
  // The API takes the address; whether it may be called is the dispatcher's to say.
  const { webhooks } = configSchema.parse({ webhooks: { allow_cidrs: LOOPBACK } });
  api = await startApiFixture({ config: { webhooks } });
  receiver = createServer((_request, response) => {
    if (answer > 0) response.writeHead(answer).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const made = await api.post('/v1/webhook_endpoints', { url });
  endpoint = ((await made.json()) as { id: string }).id;

  folder = await mkdtemp(join(tmpdir(), 'sluice-dispatcher-'));
  await write({ retry_schedule: [] });
  dispatcher = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../apps/cli/src/main.ts'), 'dispatcher'],
    {
      env: {
        PATH: process.env['PATH'],
        REDIS_URL: api.environment.redisUrl,
        REDIS_PREFIX: api.environment.redisPrefix,
        SLUICE_CONFIG: join(folder, 'sluice.yaml'),
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  dispatcher.stderr?.setEncoding('utf8').on('data', (text: string) => void (log += text));
  await until(() => log.includes('dispatcher started'), { what: 'the dispatcher' });
});
afterAll(async () => {
  const exited = once(dispatcher, 'exit');
  dispatcher.kill('SIGTERM');
  await exited;
  receiver.closeAllConnections();
  receiver.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** JSON is YAML. */
async function write(webhooks: object): Promise<void> {
  const config = {
    providers: { openai: { kind: 'openai', api_key: 'unused' } },
    storage: { kind: 'local', path: join(folder, 'files') },
    durability: 'memory',
    webhooks,
  };
  await writeFile(join(folder, 'sluice.yaml'), JSON.stringify(config));
}

async function reload(webhooks: object): Promise<void> {
  log = '';
  await write(webhooks);
  dispatcher.kill('SIGHUP');
  await until(() => log.includes('configuration reloaded'), { what: 'the reload' });
}

/** Sends a ping, and waits until its first attempt is over. */
async function ping(): Promise<ShownWebhookDelivery> {
  const { id } = (await (await api.post(`/v1/webhook_endpoints/${endpoint}/ping`, undefined)).json()) as {
    id: string;
  };
  return until(
    async () => {
      const delivery = (await (
        await api.request(`/v1/webhook_deliveries/${id}`)
      ).json()) as ShownWebhookDelivery;
      return delivery.attempts.length > 0 ? delivery : null;
    },
    { what: 'the first attempt' },
  );
}

test('addresses, ports, the schedule and the time for a try are those of the file after a SIGHUP', async () => {
  expect(await ping()).toMatchObject({
    status: 'failed',
    attempts: [{ error: expect.stringContaining('loopback') }],
  });

  await reload({ retry_schedule: [], allow_cidrs: LOOPBACK });
  expect(await ping()).toMatchObject({ status: 'delivered', attempts: [{ http_status: 204 }] });

  await reload({ retry_schedule: [], allow_cidrs: LOOPBACK, allow_ports: [443] });
  expect(await ping()).toMatchObject({
    status: 'failed',
    attempts: [{ error: expect.stringContaining('Port') }],
  });

  answer = 500;
  await reload({ retry_schedule: ['1h'], allow_cidrs: LOOPBACK });
  const waiting = await ping();
  expect(waiting).toMatchObject({ status: 'pending', attempts: [{ http_status: 500 }] });
  const inMs = Date.parse(waiting.next_attempt_at ?? '') - Date.parse(waiting.attempts[0]?.at ?? '');
  expect(inMs).toBeGreaterThan(0.79 * 3_600_000);

  answer = 0;
  await reload({ retry_schedule: [], allow_cidrs: LOOPBACK, timeout: '300ms' });
  const hung = await ping();
  expect(hung).toMatchObject({ status: 'failed', attempts: [{ error: expect.stringContaining('300 ms') }] });
});
