import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startApi, type Api } from '@sluice/api';
import type { Batch, ShownWebhookDelivery } from '@sluice/contracts';
import { createLogger, createMetrics, loadEnvironment, openBroker } from '@sluice/runtime';
import { afterEach, expect, test } from 'vitest';
import { dumpRedis } from '../support/dump-redis.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack | null = null;
afterEach(async () => {
  await stack?.close();
  stack = null;
});

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const PROMPT = 'canary-prompt-5561';

test('with keys nothing that callers or models wrote is readable in Redis, and everything through the API', async () => {
  stack = await startStack({ workers: 1, encryptionKeys: key('a') });
  const { submit, ended, request, redis } = stack;
  const body = { messages: [{ role: 'user', content: PROMPT }], stream: true, max_tokens: 40 };
  const [streamed, waited] = await Promise.all([
    submit({ request: body }),
    request('/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ ...body, stream: false, model: 'openai/gpt-5.4-mini' }),
      headers: { 'content-type': 'application/json' },
    }),
  ]);
  const completion = (await waited.json()) as { choices: { message: { content: string } }[] };
  const job = await ended(streamed.id);
  const answer = job.result?.choices[0]?.message.content ?? '';
  expect(answer.length).toBeGreaterThan(20);
  const events = await (await request(`/v1/jobs/${job.id}/events`)).text();
  const pieces = [...events.matchAll(/^data: (.*"job\.delta".*)$/gm)].map(
    ([, data]) => (JSON.parse(data as string) as { delta: { content?: string } }).delta.content ?? '',
  );
  expect(pieces.join('')).toBe(answer);

  const stored = await dumpRedis(redis.url);
  expect(stored).toContain(job.id);
  const words = [answer, completion.choices[0]?.message.content ?? ''].map((text) => text.slice(0, 16));
  for (const secret of [PROMPT, ...words]) expect(stored).not.toContain(secret);
});

test('a rotated ring opens what the old key sealed', async () => {
  const [old, fresh] = [key('old'), key('new')];
  stack = await startStack({ workers: 1, encryptionKeys: old });
  const { submit, ended, environment } = stack;
  const { id } = await submit({ request: { messages: [{ role: 'user', content: PROMPT }] } });
  const { result } = await ended(id);
  const open = await openBroker({
    config: stack.config,
    environment: {
      ...environment,
      encryptionKeys: loadEnvironment({ SLUICE_ENCRYPTION_KEYS: `${fresh},${old}` }).encryptionKeys,
    },
    logger: createLogger({ name: 'test', level: 'silent' }),
    metrics: createMetrics({ defaults: false }),
  });
  try {
    expect((await open.broker.jobs.get(id, 'default'))?.result).toEqual(result);
  } finally {
    await open.close();
  }
});

test('files of batches are sealed; a rotated ring opens them, and one without the old key gives nothing away', async () => {
  const [old, fresh] = [key('old'), key('new')];
  stack = await startStack({ workers: 1, encryptionKeys: old });
  const { request, config, environment } = stack;
  const body = {
    model: 'openai/gpt-5.4-mini',
    messages: [{ role: 'user', content: PROMPT }],
    max_tokens: 40,
  };
  const made = await request('/v1/batches', {
    method: 'POST',
    body: JSON.stringify({ tier: 'standard', requests: [{ custom_id: 'a', body }] }),
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await made.json()) as Batch;
  const batch = await until(
    async () => {
      const found = (await (await request(`/v1/batches/${id}`)).json()) as Batch;
      return found.status === 'completed' && found;
    },
    { what: 'the end of the batch' },
  );
  const paths = [`/v1/files/${batch.input_file_id}/content`, `/v1/files/${batch.output_file_id}/content`];
  const written = await Promise.all(paths.map(async (path) => (await request(path)).text()));
  expect(written[0]).toContain(PROMPT);
  expect(written[1]).toContain('chat.completion');

  const folder = config.storage.kind === 'local' ? config.storage.path : '';
  for (const name of await readdir(folder)) {
    const stored = await readFile(join(folder, name), 'latin1');
    for (const text of [PROMPT, 'custom_id', 'chat.completion']) expect(stored).not.toContain(text);
  }

  const read = async (ring: string, path: string): Promise<{ status: number; text: string }> => {
    const { encryptionKeys } = loadEnvironment({ SLUICE_ENCRYPTION_KEYS: ring });
    const logger = createLogger({ name: 'test', level: 'silent' });
    const api: Api = await startApi({ config, environment: { ...environment, encryptionKeys }, logger });
    try {
      const answer = await fetch(`${api.url}${path}`, {
        headers: { authorization: `Bearer ${environment.adminKey}` },
      });
      return { status: answer.status, text: await answer.text() };
    } finally {
      await api.close();
    }
  };
  for (const [at, path] of paths.entries()) {
    expect(await read(`${fresh},${old}`, path)).toEqual({ status: 200, text: written[at] });
    const without = await read(fresh, path);
    expect(without.status).toBe(500);
    expect(JSON.parse(without.text)).toMatchObject({ error: { type: 'api_error' } });
  }
});

test('what a receiver repeats of an event is sealed with the delivery, and shown through the API', async () => {
  stack = await startStack({ workers: 1, encryptionKeys: key('a') });
  const { submit, request, redis } = stack;
  const echo = createServer((incoming, response) => {
    void text(incoming).then((body) => response.writeHead(500).end(`no, not ${JSON.parse(body).data.id}`));
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  try {
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}/hook`;
    const { id } = await submit({
      request: { messages: [{ role: 'user', content: 'Hi.' }] },
      webhook: { url, secret: `whsec_${randomBytes(32).toString('base64')}` },
    });
    const delivery = await until(
      async () => {
        const { data } = (await (await request(`/v1/webhook_deliveries?job=${id}`)).json()) as {
          data: ShownWebhookDelivery[];
        };
        return data[0]?.attempts[0] ? data[0] : null;
      },
      { what: 'the first attempt' },
    );
    expect(delivery.attempts[0]).toMatchObject({ http_status: 500, response: `no, not ${id}` });
    expect(await dumpRedis(redis.url)).not.toContain('no, not');
  } finally {
    echo.closeAllConnections();
    echo.close();
  }
});
