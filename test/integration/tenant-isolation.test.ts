import { API_KEY_SCOPES } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readOpenApi, type OpenApiOperation } from '../support/openapi-operations.ts';
import { startApiFixture, SUBMISSION, type ApiFixture } from './api-fixture.ts';
import { playWorker } from './api-play-worker.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Collections whose ids belong to the installation, not to a tenant: only admins get there, or all may. */
const OF_THE_INSTALLATION = new Set(['/v1/keys', '/v1/providers', '/v1/models']);

/** How a tenant makes one of what each path names by id, by the path of the collection. */
const MAKERS: Readonly<Record<string, () => Promise<string[]>>> = {
  '/v1/jobs': async () => [queuedJob, endedJob],
  '/v1/responses': async () => [await makeResponse(true), await makeResponse(false)],
  '/v1/files': async () => [await makeFile()],
  '/v1/batches': async () => [await makeBatch()],
  '/v1/messages/batches': async () => [await makeMessageBatch()],
  '/v1/webhook_endpoints': async () => [await makeEndpoint()],
  '/v1/webhook_deliveries': async () => [await makeDelivery()],
};

let api: ApiFixture;
let operations: readonly OpenApiOperation[];
let owner: Record<string, string>;
let stranger: Record<string, string>;
/** May do everything but name another tenant's jobs. */
let foreignAdmin: Record<string, string>;
let queuedJob: string;
let endedJob: string;

beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 100_000, pollMs: 100 } });
  ({ operations } = await readOpenApi(api.url));
  const scopes = API_KEY_SCOPES.filter((scope) => scope !== 'admin');
  owner = await makeKey({ tenant: 'default', scopes });
  stranger = await makeKey({ tenant: 'globex', scopes });
  foreignAdmin = await makeKey({ tenant: 'globex', scopes: ['admin'] });
  queuedJob = await makeJob();
  endedJob = await makeJob();
  const worker = await playWorker(api, endedJob);
  await worker.start();
  await worker.complete();
});
afterAll(() => api.close());

async function makeKey(options: { tenant: string; scopes: string[] }): Promise<Record<string, string>> {
  const made = (await (await api.post('/v1/keys', { name: 'isolated', ...options })).json()) as {
    key: string;
  };
  return { authorization: `Bearer ${made.key}` };
}

async function makeJob(): Promise<string> {
  const answer = await api.post('/v1/jobs', { ...SUBMISSION, tags: ['secret-tag'] }, owner);
  return idOf(answer);
}

async function makeResponse(ended: boolean): Promise<string> {
  const body = { model: 'default', input: 'Say hello.', background: true };
  const id = await idOf(await api.post('/v1/responses', body, owner));
  if (!ended) return id;
  await api.request(`/v1/responses/${id}/cancel`, { method: 'POST', headers: owner });
  return id;
}

const LINE = {
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model: 'gpt-5.4-mini', ...SUBMISSION.request },
};

async function makeFile(): Promise<string> {
  const form = new FormData();
  form.append('purpose', 'batch');
  form.append('file', new Blob([JSON.stringify({ custom_id: 'a', ...LINE })]), 'secret-name.jsonl');
  return idOf(await api.request('/v1/files', { method: 'POST', headers: owner, body: form }));
}

async function makeBatch(): Promise<string> {
  const body = {
    input_file_id: await makeFile(),
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  };
  return idOf(await api.post('/v1/batches', body, owner));
}

async function makeMessageBatch(): Promise<string> {
  const params = { model: 'claude-haiku-4-5', max_tokens: 9, messages: SUBMISSION.request.messages };
  return idOf(await api.post('/v1/messages/batches', { requests: [{ custom_id: 'a', params }] }, owner));
}

async function makeEndpoint(): Promise<string> {
  return idOf(await api.post('/v1/webhook_endpoints', { url: 'https://example.com/secret-path' }, owner));
}

async function makeDelivery(): Promise<string> {
  const path = `/v1/webhook_endpoints/${await makeEndpoint()}/ping`;
  return idOf(await api.request(path, { method: 'POST', headers: owner }));
}

async function idOf(answer: Response): Promise<string> {
  const { id } = (await answer.json()) as { id?: string };
  if (id === undefined) throw new Error(`${answer.url} answered ${answer.status}`);
  return id;
}

/** `/v1/jobs` of `/v1/jobs/{id}/events`. */
const collectionOf = (path: string): string => path.split('/{', 1)[0] ?? '';

/** An id of the same form that was never given out. */
function unknownLike(id: string): string {
  const end = id.slice(-12);
  return `${id.slice(0, -12)}${end.slice(6)}${end.slice(0, 6)}`;
}

/** Status, body and headers, without what differs between any two answers. */
async function ask(
  { method, path, query = '', key }: { method: string; path: string; query?: string; key: object },
  id: string,
): Promise<{ status: number; seen: string }> {
  const url = `${path.replaceAll('{id}', id)}${query}`;
  const withBody = !['GET', 'HEAD', 'DELETE'].includes(method);
  const answer = await api.request(url, {
    method,
    headers: { ...key, ...(withBody ? { 'content-type': 'application/json' } : {}) },
    ...(withBody ? { body: '{}' } : {}),
  });
  const headers = [...answer.headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  const text = `${await answer.text()}\n${JSON.stringify(headers)}`;
  const requestId = answer.headers.get('x-request-id');
  if (!requestId) throw new Error(`${method} ${path} answered ${answer.status} without x-request-id`);
  return {
    status: answer.status,
    seen: text.replaceAll(id, '<id>').replaceAll(requestId, '<request>'),
  };
}

test('every route and every method answers a foreign id as one that does not exist', async () => {
  const paths = [...new Set(operations.map(({ path }) => path))].filter((path) => path.includes('{'));
  const rows: string[] = [];
  const leaks: object[] = [];
  for (const path of paths) {
    const collection = collectionOf(path);
    if (OF_THE_INSTALLATION.has(collection)) continue;
    const make = MAKERS[collection];
    if (!make) throw new Error(`tell this test how a tenant makes one of ${collection}`);
    const ids = await make();
    const documented = operations.filter((one) => one.path === path);
    for (const method of METHODS) {
      const cells: string[] = [];
      for (const query of method === 'GET' ? ['', ...queriesOf(documented)] : ['']) {
        for (const key of [stranger, foreignAdmin]) {
          for (const id of ids) {
            const input = { method, path, query, key };
            const [foreign, unknown] = [await ask(input, id), await ask(input, unknownLike(id))];
            cells.push(String(foreign.status));
            const isTaken = documented.some((one) => one.method === method);
            const expected = isTaken ? 404 : method === 'HEAD' ? [404, 405] : 405;
            if (foreign.seen !== unknown.seen || ![expected].flat().includes(foreign.status)) {
              leaks.push({ method, path, query, id, foreign, unknown });
            }
          }
        }
      }
      const statuses = [...new Set(cells)].join(', ');
      rows.push(
        `${method.padEnd(6)} ${path.padEnd(44)} ${statuses.padEnd(8)} same as unknown: ${cells.length}`,
      );
    }
  }
  console.log(
    `what a foreign id answers, to a key of another tenant and to another tenant's admin key\n${rows.join('\n')}`,
  );
  expect(leaks).toEqual([]);
});

function queriesOf(documented: readonly OpenApiOperation[]): string[] {
  const names = new Set(
    documented
      .filter(({ method }) => method === 'GET')
      .flatMap(({ parameters }) => parameters.filter((one) => one.in === 'query'))
      .map(({ name }) => name),
  );
  const queries = {
    wait: '?wait=1',
    after: '?after=1',
    stream: '?stream=true',
    starting_after: '?starting_after=1&stream=true',
  };
  return Object.entries(queries).flatMap(([name, query]) => (names.has(name) ? [query] : []));
}

test('the owner reaches all of it: the matrix above compares what exists', async () => {
  for (const [collection, make] of Object.entries(MAKERS)) {
    for (const id of await make()) {
      const answer = await api.request(`${collection}/${id}`, { headers: owner });
      expect([collection, answer.status]).toEqual([collection, 200]);
    }
  }
});

test('no list of another tenant shows it, and a foreign cursor is an unknown one', async () => {
  const ids = (await Promise.all(Object.values(MAKERS).map((make) => make()))).flat();
  // The stream of events to come does not end by itself.
  const lists = operations.filter(
    ({ method, path }) => method === 'GET' && !path.includes('{') && path !== '/v1/webhook_events',
  );
  const leaks: string[] = [];
  for (const { path, parameters } of lists) {
    const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
    const filters = ['', ...(names.includes('tag') ? ['?tag=secret-tag'] : [])];
    for (const key of [stranger, foreignAdmin]) {
      // Metrics count and name no ids; administrators of the installation see its keys and its audit log.
      for (const query of filters) {
        const text = await (await api.request(`${path}${query}`, { headers: key })).text();
        if (ids.some((id) => text.includes(id)) && path !== '/v1/audit_log') leaks.push(`${path}${query}`);
      }
      if (!names.includes('after') || path !== '/v1/jobs') continue;
      const [foreign, unknown] = [
        await ask({ method: 'GET', path, query: `?after=${endedJob}`, key }, endedJob),
        await ask(
          { method: 'GET', path, query: `?after=${unknownLike(endedJob)}`, key },
          unknownLike(endedJob),
        ),
      ];
      expect(foreign).toEqual(unknown);
    }
  }
  expect(leaks).toEqual([]);
});

test('the same Idempotency-Key is another job for another tenant, and no retry takes a foreign request along', async () => {
  const sameKey = { 'idempotency-key': 'shared-by-chance' };
  const [one, other] = await Promise.all(
    [owner, stranger].map(async (key) => {
      const answer = await api.post('/v1/jobs', SUBMISSION, { ...key, ...sameKey });
      return (await answer.json()) as { id: string };
    }),
  );
  expect(other?.id).not.toBe(one?.id);
});

test("a batch of another tenant's file is one of a file that does not exist", async () => {
  const file = await makeFile();
  const answers = await Promise.all(
    [file, unknownLike(file)].map(async (id) => {
      const body = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' };
      const answer = await api.post('/v1/batches', body, { ...stranger, 'x-request-id': 'same' });
      return `${answer.status} ${(await answer.text()).replaceAll(id, '<id>')}`;
    }),
  );
  expect(answers[0]).toMatch(/^404 /);
  expect(answers[0]).toBe(answers[1]);
});
