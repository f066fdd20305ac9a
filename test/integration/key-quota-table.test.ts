import type { ApiErrorBody, ApiKeyLimits } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

/** Long enough that no job ends while a quota is being filled. */
const CALL_MS = 1_500;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ simulator: { latency: { p50_ms: CALL_MS, tokens_per_second: 0 } } });
});
afterAll(() => stack.close());

interface Row {
  quota: string;
  limit: number;
  sent: string;
  taken: number;
  status: number;
  code: string;
  headers: string;
}

const TOLD = ['ratelimit-policy', 'ratelimit', 'retry-after', 'retry-after-ms', 'x-should-retry'];

async function keyWith(limits: ApiKeyLimits): Promise<Record<string, string>> {
  const made = await stack.request('/v1/keys', {
    method: 'POST',
    body: JSON.stringify({ name: 'limited', limits }),
    headers: { 'content-type': 'application/json' },
  });
  return { authorization: `Bearer ${((await made.json()) as { key: string }).key}` };
}

const submit =
  (request: object = {}) =>
  (headers: Record<string, string>): Promise<Response> =>
    stack.request('/v1/jobs', {
      method: 'POST',
      body: JSON.stringify({
        request: { model: 'openai/gpt-5.4-mini', messages: [{ role: 'user', content: 'Hi.' }], ...request },
      }),
      headers: { 'content-type': 'application/json', ...headers },
    });

/** Asks until it is refused. */
async function fill(
  quota: keyof ApiKeyLimits,
  limit: number,
  sent: string,
  ask: (headers: Record<string, string>) => Promise<Response>,
): Promise<Row> {
  const headers = await keyWith({ [quota]: limit });
  for (let taken = 0; taken < 20; taken += 1) {
    const answer = await ask(headers);
    if (answer.status < 400) continue;
    const { error } = (await answer.json()) as ApiErrorBody;
    const told = TOLD.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [`${name}: ${value}`];
    });
    return { quota, limit, sent, taken, status: answer.status, code: error.code, headers: told.join(' · ') };
  }
  throw new Error(`${quota} refused nothing`);
}

test('each quota of a key takes what it allows, and says no with the status and headers that tell what to do', async () => {
  const { id } = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hello.' }] } });
  const streams = new AbortController();
  const rows = [
    await fill('requests_per_minute', 3, 'GET /v1/models', (headers) =>
      stack.request('/v1/models', { headers }),
    ),
    await fill('tokens_per_minute', 1_000, 'jobs of ~400 tokens', submit({ max_tokens: 400 })),
    await fill('tokens_per_minute', 1_000, 'a job of ~5,000 tokens', submit({ max_tokens: 5_000 })),
    await fill('tokens_per_day', 1_000, 'jobs of ~400 tokens', submit({ max_tokens: 400 })),
    await fill('tokens_per_day', 1_000, 'a job of ~5,000 tokens', submit({ max_tokens: 5_000 })),
    await fill('queued_jobs', 2, 'jobs', submit()),
    await fill('event_streams', 2, 'event streams', (headers) =>
      stack.request(`/v1/jobs/${id}/events`, { headers, signal: streams.signal }),
    ),
    await fill('body_bytes', 500, 'a job of 700 bytes', (headers) =>
      submit({ messages: [{ role: 'user', content: 'x'.repeat(600) }] })(headers),
    ),
  ];
  streams.abort();
  console.log(`what quotas of keys answer\n${rows.map(inOneLine).join('\n')}`);

  expect(rows.map(({ quota, taken, status, code }) => [quota, taken, status, code])).toEqual([
    ['requests_per_minute', 3, 429, 'rate_limit_exceeded'],
    ['tokens_per_minute', 2, 429, 'rate_limit_exceeded'],
    ['tokens_per_minute', 0, 429, 'key_quota_exceeded'],
    ['tokens_per_day', 2, 429, 'key_quota_exceeded'],
    ['tokens_per_day', 0, 429, 'key_quota_exceeded'],
    ['queued_jobs', 2, 429, 'key_quota_exceeded'],
    ['event_streams', 2, 429, 'too_many_streams'],
    ['body_bytes', 0, 413, 'body_too_large'],
  ]);
  const [requests, minute, neverOfMinute, day, neverOfDay, queued, open] = rows.map(({ headers }) => headers);
  expect(requests).toMatch(
    /^ratelimit-policy: "requests";q=3;w=60 · ratelimit: "requests";r=0;t=\d+ · retry-after: \d+ · retry-after-ms: \d+$/,
  );
  for (const told of [minute, day]) expect(told).toMatch(/^retry-after: \d+ · retry-after-ms: \d+$/);
  for (const told of [neverOfMinute, neverOfDay]) expect(told).toBe('x-should-retry: false');
  for (const told of [queued, open]) expect(told).toBe('retry-after: 5 · retry-after-ms: 5000');
});

test('running jobs: all are taken, and no more than the quota run at once', async () => {
  const [limit, sent] = [2, 5];
  const headers = await keyWith({ running_jobs: limit });
  let most = 0;
  const running = (): number => stack.simulator.control.summary().running;
  await until(() => running() === 0, { what: 'the end of what the test before has sent' });
  const watch = setInterval(() => {
    most = Math.max(most, running());
  }, 5);
  try {
    const answers = await Promise.all(Array.from({ length: sent }, () => submit()(headers)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    const jobs = await Promise.all(answers.map(async (answer) => (await answer.json()) as { id: string }));
    const ended = await Promise.all(jobs.map(({ id }) => stack.ended(id)));
    expect(ended.every(({ status, attempts }) => status === 'completed' && attempts.length === 1)).toBe(true);
  } finally {
    clearInterval(watch);
  }
  console.log(
    inOneLine({
      quota: 'running_jobs',
      limit,
      sent: `${sent} jobs at once`,
      taken: sent,
      status: 202,
      code: `at most ${most} ran at once`,
      headers: '',
    }),
  );
  expect(most).toBe(limit);
});

function inOneLine({ quota, limit, sent, taken, status, code, headers }: Row): string {
  return [
    quota.padEnd(20),
    String(limit).padEnd(6),
    sent.padEnd(24),
    `${taken} taken, then ${status}`.padEnd(20),
    code.padEnd(20),
    headers,
  ].join(' ');
}
