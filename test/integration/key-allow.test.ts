import { configSchema, type ApiKeyAllow, type Job } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { refusal, startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';

const OPENAI = 'openai/gpt-5.4-mini';
const CLAUDE = 'anthropic/claude-haiku-4-5';
const { messages } = SUBMISSION.request;

/** `outer` leads to `default` (both targets), `solo` to OpenAI alone; `router` takes any model. */
const { providers, routes } = configSchema.parse({
  providers: {
    openai: { kind: 'openai', api_key: 'unused' },
    anthropic: { kind: 'anthropic', api_key: 'unused' },
    router: { kind: 'openrouter', api_key: 'unused', catch_all: true },
  },
  routes: {
    default: { targets: [OPENAI, CLAUDE] },
    outer: { targets: ['default'] },
    solo: { targets: [OPENAI] },
  },
});

const POLICIES = {
  all: null,
  'providers: anthropic': { providers: ['anthropic'] },
  'models: claude': { models: ['claude-haiku-4-5'] },
  'models: openai/…': { models: [OPENAI] },
  'routes: outer': { routes: ['outer'] },
  'denied: gpt-5.4-mini': { denied_models: ['gpt-5.4-mini'] },
} satisfies Record<string, ApiKeyAllow | null>;

let api: ApiFixture;
const keys: Record<string, Record<string, string>> = {};
let soloJob: string;

beforeAll(async () => {
  api = await startApiFixture({ config: { providers, routes } });
  for (const [name, allow] of Object.entries(POLICIES)) {
    const made = await api.post('/v1/keys', { name: 'bound', ...(allow ? { allow } : {}) });
    keys[name] = { authorization: `Bearer ${((await made.json()) as { key: string }).key}` };
  }
  soloJob = (await api.submit({ ...SUBMISSION, route: 'solo' })).id;
  await api.post(`/v1/jobs/${soloJob}/cancel`, {});
});
afterAll(() => api.close());

type Key = Record<string, string>;

/** The chain that a job was given, with its warnings; or the refusal. */
async function planned(answer: Response): Promise<string> {
  const body = (await answer.json()) as Job & { error: { code: string } | null };
  if (answer.status >= 400) return body.error?.code ?? `${answer.status}`;
  const warned = body.warnings.some(({ code }) => code === 'target_skipped') ? ', warned' : '';
  return `${names(body.chain)}${warned}`;
}

function names(chain: readonly string[]): string {
  return chain.map((target) => target.split('/', 1)[0]).join('+');
}

const submit = (body: object) => async (key: Key) =>
  planned(await api.post('/v1/jobs', { ...SUBMISSION, ...body }, key));
const named = (model: string) => submit({ request: { model, messages } });

/** What becomes of a batch's only line. */
async function lineOf(made: Response, key: Key): Promise<string> {
  const sent = (await made.json()) as { id: string; error?: { code: string } };
  if (made.status >= 400) return sent.error?.code ?? `${made.status}`;
  const id = sent.id.replace(/^msg/, '');
  return until(
    async () => {
      const { data } = await get<{ data: Job[] }>(`/v1/jobs?batch=${id}`, key);
      if (data[0]) return names(data[0].chain);
      const batch = await api.open.broker.batches.read(id);
      if (batch?.status === 'failed') return `whole: ${batch.errors?.[0]?.code}`;
      return batch && batch.failed > 0 ? 'line refused' : null;
    },
    { what: `the line of ${id}` },
  );
}

async function get<Body>(path: string, headers: Key): Promise<Body> {
  return (await (await api.request(path, { headers })).json()) as Body;
}

const batchOf = (options: object, body: object) => async (key: Key) => {
  const requests = [{ custom_id: 'a', body: { messages, ...body } }];
  return lineOf(await api.post('/v1/batches', { ...options, requests }, key), key);
};

const NONE = 'no_eligible_target';
const BOUND = 'not_allowed';
const BOTH = 'openai+anthropic';
const ONE = 'anthropic';

/** What each way in answers, by policy in the order above. */
const WAYS_IN: readonly [string, (key: Key) => Promise<string>, readonly string[]][] = [
  ['job, route default', submit({ route: 'default' }), [BOTH, ONE, ONE, 'openai', BOUND, ONE]],
  ['job, route outer > default', submit({ route: 'outer' }), [BOTH, ONE, ONE, 'openai', BOTH, ONE]],
  ['job, route solo', submit({ route: 'solo' }), ['openai', NONE, NONE, 'openai', BOUND, NONE]],
  [
    'job, chain of both',
    submit({ chain: [OPENAI, CLAUDE] }),
    [BOTH, `${ONE}, warned`, `${ONE}, warned`, 'openai, warned', BOUND, `${ONE}, warned`],
  ],
  ['job, target openai', named(OPENAI), ['openai', NONE, NONE, 'openai', BOUND, NONE]],
  ['job, model gpt-5.4-mini', named('gpt-5.4-mini'), ['openai', NONE, NONE, 'openai', BOUND, NONE]],
  ['job, model for catch_all', named('gpt-5.4-mini:free'), ['router', NONE, NONE, NONE, BOUND, NONE]],
  ['job, through an aggregator', named(`router/${OPENAI}`), ['router', NONE, NONE, NONE, BOUND, NONE]],
  [
    'retry of a job, route solo',
    async (key) => planned(await api.post(`/v1/jobs/${soloJob}/retry`, {}, key)),
    ['openai', NONE, NONE, 'openai', BOUND, NONE],
  ],
  [
    'explain, route default',
    async (key) => {
      const answer = await api.post('/v1/routes/explain', { ...SUBMISSION, route: 'default' }, key);
      const body = (await answer.json()) as { chain: string[]; error: { code: string } | null };
      return body.error?.code ?? names(body.chain);
    },
    [BOTH, ONE, ONE, 'openai', BOUND, ONE],
  ],
  [
    'response, target openai',
    async (key) => {
      const answer = await api.post('/v1/responses', { model: OPENAI, input: 'Hi.', background: true }, key);
      const { error } = (await answer.json()) as { error: { code: string } | null };
      return error?.code ?? 'taken';
    },
    ['taken', NONE, NONE, 'taken', BOUND, NONE],
  ],
  [
    'batch line, model gpt-5.4-mini',
    batchOf({}, { model: 'gpt-5.4-mini' }),
    ['openai', `whole: ${NONE}`, `whole: ${NONE}`, 'openai', `whole: ${BOUND}`, `whole: ${NONE}`],
  ],
  [
    'estimate of a batch, gpt-5.4-mini',
    async (key) => {
      const line = {
        custom_id: 'a',
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model: 'gpt-5.4-mini', messages },
      };
      const answer = await api.post(
        '/v1/batches/estimate?endpoint=/v1/chat/completions',
        JSON.stringify(line),
        {
          ...key,
          'content-type': 'application/x-ndjson',
        },
      );
      const { targets, error_counts: errors } = (await answer.json()) as Record<
        string,
        Record<string, number>
      >;
      return [...Object.keys(errors ?? {}), ...Object.keys(targets ?? {}).map((one) => names([one]))].join(
        ' ',
      );
    },
    ['openai', NONE, NONE, 'openai', BOUND, NONE],
  ],
  ['batch, route default', batchOf({ route: 'default' }, {}), [BOTH, ONE, ONE, 'openai', BOUND, ONE]],
  ['batch, own chain', batchOf({ chain: [OPENAI, CLAUDE] }, {}), [BOTH, ONE, ONE, 'openai', BOUND, ONE]],
  [
    'message batch, target openai',
    async (key) => {
      const requests = [{ custom_id: 'a', params: { model: OPENAI, max_tokens: 9, messages } }];
      return lineOf(await api.post('/v1/messages/batches', { requests }, key), key);
    },
    ['openai', 'line refused', 'line refused', 'openai', 'line refused', 'line refused'],
  ],
];

test('what a key may not use it reaches by no way in', async () => {
  const cells = async (ask: (key: Key) => Promise<string>): Promise<string[]> => {
    const row: string[] = [];
    for (const key of Object.values(keys)) row.push(await ask(key));
    return row;
  };
  const row = (title: string, columns: readonly string[]): string =>
    `${title.padEnd(35)}${columns.map((column) => column.padEnd(27)).join('')}`.trimEnd();
  const rows = [row('', Object.keys(keys))];
  const found: Record<string, string[]> = {};
  for (const [title, ask] of WAYS_IN) {
    found[title] = await cells(ask);
    rows.push(row(title, found[title]));
  }
  console.log(`which targets jobs get, by what their key may use\n${rows.join('\n')}`);
  expect(found).toEqual(Object.fromEntries(WAYS_IN.map(([title, , expected]) => [title, expected])));
});

test('models are listed and read as far as the key may use them', async () => {
  const ids = async (policy: keyof typeof POLICIES): Promise<string[]> =>
    (await get<{ data: { id: string }[] }>('/v1/models', keys[policy] ?? {})).data.map(({ id }) => id);
  expect(await ids('all')).toEqual(
    expect.arrayContaining(['default', 'outer', 'solo', OPENAI, CLAUDE, 'gpt-5.4-mini', 'claude-haiku-4-5']),
  );
  expect(await ids('routes: outer')).toEqual(['outer']);
  expect(await ids('models: claude')).toEqual(['default', 'outer', CLAUDE, 'claude-haiku-4-5']);
  expect(await ids('models: openai/…')).toEqual(['default', 'outer', 'solo', OPENAI, 'gpt-5.4-mini']);
  const ofAnthropic = await ids('providers: anthropic');
  expect(ofAnthropic).toEqual(expect.arrayContaining(['default', 'outer', CLAUDE]));
  expect(ofAnthropic.filter((id) => /^(solo|openai\/|router\/|gpt)/.test(id))).toEqual([]);
  const notDenied = await ids('denied: gpt-5.4-mini');
  expect(notDenied).not.toContain('solo');
  expect(notDenied).not.toContain(OPENAI);
  expect(notDenied).toContain('openai/gpt-5.4');

  for (const [policy, expected] of [
    ['all', 200],
    ['models: openai/…', 200],
    ['providers: anthropic', 404],
    ['models: claude', 404],
    ['routes: outer', 404],
    ['denied: gpt-5.4-mini', 404],
  ] as const) {
    const headers = keys[policy] ?? {};
    for (const id of [OPENAI, encodeURIComponent(OPENAI), 'gpt-5.4-mini', 'solo']) {
      const answer = await api.request(`/v1/models/${id}`, { headers });
      expect([policy, id, answer.status]).toEqual([policy, id, expected]);
    }
  }
  const unlisted = await api.request('/v1/models/anthropic/not-described', {
    headers: keys['providers: anthropic'] ?? {},
  });
  expect(unlisted.status).toBe(200);
});

test('messages name no route or provider that the key may not use', async () => {
  const ask = async (policy: keyof typeof POLICIES, body: object): Promise<string> =>
    (await refusal(await api.post('/v1/jobs', { ...SUBMISSION, ...body }, keys[policy] ?? {}))).message;
  expect(await ask('routes: outer', { route: 'nowhere' })).toContain('known routes: outer.');
  expect(await ask('providers: anthropic', { chain: ['nobody/x'] })).toContain('known providers: anthropic.');
});
