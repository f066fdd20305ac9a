import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dumpRedis } from '../support/dump-redis.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const canary = (name: string): string => `canary-${name}-${randomBytes(8).toString('hex')}`;
const PROVIDER_KEY = canary('provider');
const PROMPT = canary('prompt');
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

/** Where a secret may be: with keys nowhere, without them prompts and webhook secrets where they have to be kept. */
const MAY_HOLD: Readonly<Record<'sealed' | 'plain', readonly string[]>> = {
  sealed: [],
  plain: [
    'prompt in redis',
    'prompt in files',
    'secret of a key’s webhooks in redis',
    'secret of a webhook in redis',
  ],
};

let stack: Stack;
let logs: string[];
let errors: string[];
let key: string;
beforeEach(() => {
  [logs, errors, key] = [[], [], ''];
});
afterEach(() => stack.close());

const start = (encryptionKeys: string | null): Promise<Stack> =>
  startStack({
    onLog: (line) => logs.push(line),
    ...(encryptionKeys === null ? {} : { encryptionKeys }),
    config: {
      providers: {
        openai: { api_key: PROVIDER_KEY },
        anthropic: { api_key: PROVIDER_KEY },
        google: { api_key: PROVIDER_KEY },
      },
    },
  });

/** The content of every file in the file store. */
async function dumpFiles(): Promise<string> {
  const { storage } = stack.config;
  if (storage.kind !== 'local') throw new Error('the files are elsewhere');
  const names = await readdir(storage.path);
  return (await Promise.all(names.map((name) => readFile(join(storage.path, name), 'latin1')))).join('\n');
}

const post = async (path: string, body: unknown, auth = key): Promise<Response> => {
  const answer = await stack.request(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${auth}` },
  });
  if (answer.status >= 400) errors.push(await answer.clone().text(), JSON.stringify([...answer.headers]));
  return answer;
};

test.each(['sealed', 'plain'] as const)(
  'a whole run leaves secrets only where they may be: %s at rest',
  async (rest) => {
    stack = await start(rest === 'sealed' ? `a:${randomBytes(32).toString('base64')}` : null);
    const made = await post('/v1/keys', { name: 'caller' }, stack.key);
    const caller = (await made.json()) as { key: string; webhook_secret: string };
    key = caller.key;
    const request = { messages: [{ role: 'user', content: PROMPT }], max_tokens: 20 };
    const webhook = { url: 'http://127.0.0.1:8999/hook', secret: WEBHOOK_SECRET };

    // The vendor repeats the key in its refusal, breaks off, and fails over.
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'unauthorized' }]);
    const failedOver = await post('/v1/jobs', { request, webhook });
    await stack.ended(((await failedOver.json()) as { id: string }).id);
    await stack.simulator.control.setFaults([{ account: 'openai', kind: 'server_error', probability: 0.5 }]);
    const streamed = await post('/v1/jobs', { request: { ...request, stream: true } });
    await stack.ended(((await streamed.json()) as { id: string }).id);
    await stack.simulator.control.setFaults([]);
    const chat = await post('/v1/chat/completions', { ...request, model: 'openai/gpt-5.4-mini' });
    expect(chat.status).toBe(200);
    const batch = await post('/v1/batches', {
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
      tier: 'standard',
      webhook,
      requests: [{ custom_id: 'a', body: { ...request, model: 'openai/gpt-5.4-mini' } }],
    });
    const { id } = (await batch.json()) as { id: string };
    await until(
      async () =>
        (
          (await (
            await stack.request(`/v1/batches/${id}`, { headers: { authorization: `Bearer ${key}` } })
          ).json()) as { status: string }
        ).status === 'completed',
      { what: 'the end of the batch' },
    );
    // What callers get wrong.
    await post('/v1/jobs', { request, nonsense: PROMPT });
    await post('/v1/jobs', `{"request": ${PROMPT}`);
    await post('/v1/jobs', { request: { ...request, model: 'nobody/x' } });
    await post('/v1/chat/completions', { ...request, model: 'openai/gpt-5.4-mini', temperature: 99 });
    await post('/v1/jobs', { request }, `${key.slice(0, -1)}x`);
    await post('/v1/keys', { name: 'not allowed' });

    const metrics = await (await stack.request('/metrics')).text();
    const stored = await dumpRedis(stack.redis.url);
    const places = {
      logs: logs.join('\n'),
      'error answers': errors.join('\n'),
      metrics,
      redis: stored,
      files: await dumpFiles(),
    };
    const secrets = {
      'provider key': PROVIDER_KEY,
      'API key': key.split('_').at(-1) ?? '',
      'admin key': stack.key,
      'secret of a key’s webhooks': caller.webhook_secret,
      'secret of a webhook': WEBHOOK_SECRET,
      prompt: PROMPT,
    };
    expect(logs.length).toBeGreaterThan(20);
    const table = Object.entries(secrets).map(([secret, value]) => [
      secret,
      ...Object.entries(places).map(([place, text]) => {
        const mayBeThere = MAY_HOLD[rest].includes(`${secret} in ${place}`);
        const isThere = text.includes(value);
        return isThere ? (mayBeThere ? 'kept' : 'LEAKED') : 'absent';
      }),
    ]);
    const rows = [['', ...Object.keys(places)], ...table].map((row) =>
      row.map((cell) => cell.padEnd(28)).join(''),
    );
    console.log(
      `where secrets of a whole run are, ${rest} at rest (traces: none are made)\n${rows.join('\n')}`,
    );
    expect(table.flat()).not.toContain('LEAKED');
    // What has to be kept is found: the search works.
    expect(table.flat().filter((cell) => cell === 'kept')).toHaveLength(MAY_HOLD[rest].length);
  },
  60_000,
);
