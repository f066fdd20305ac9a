import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dumpRedis } from '../support/dump-redis.ts';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

const canary = (name: string): string => `canary-${name}-${randomBytes(8).toString('hex')}`;
const PROVIDER_KEY = canary('provider');
const PROMPT = canary('prompt');
const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`;

let stack: Stack;
const logs: string[] = [];
const errors: string[] = [];
let key = '';
beforeAll(async () => {
  stack = await startStack({
    onLog: (line) => logs.push(line),
    encryptionKeys: `a:${randomBytes(32).toString('base64')}`,
    config: {
      providers: {
        openai: { api_key: PROVIDER_KEY },
        anthropic: { api_key: PROVIDER_KEY },
        google: { api_key: PROVIDER_KEY },
      },
    },
  });
});
afterAll(() => stack.close());

const post = async (path: string, body: unknown, auth = key): Promise<Response> => {
  const answer = await stack.request(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${auth}` },
  });
  if (answer.status >= 400) errors.push(await answer.clone().text(), JSON.stringify([...answer.headers]));
  return answer;
};

test('a whole run leaves no secret in logs, errors, metrics, or Redis', async () => {
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
  const places = { logs: logs.join('\n'), errors: errors.join('\n'), metrics, redis: stored };
  const secrets = {
    'provider key': PROVIDER_KEY,
    'API key': key.split('_').at(-1) ?? '',
    'admin key': stack.key,
    'secret of a key’s webhooks': caller.webhook_secret,
    'secret of a webhook': WEBHOOK_SECRET,
    prompt: PROMPT,
  };
  expect(logs.length).toBeGreaterThan(20);
  const table = Object.entries(secrets).flatMap(([secret, value]) =>
    Object.entries(places).map(([place, text]) => ({ secret, place, found: text.includes(value) })),
  );
  console.table(table);
  expect(table.filter(({ found }) => found)).toEqual([]);
}, 60_000);
