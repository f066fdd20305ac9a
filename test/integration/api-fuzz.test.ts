import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { API_ERRORS } from '@sluice/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApiFixture, type ApiFixture } from './api-fixture.ts';
import { arbitraryOfSchema } from '../support/arbitrary-of-schema.ts';
import { readOpenApi, type OpenApi, type OpenApiOperation } from '../support/openapi-operations.ts';

let api: ApiFixture;
let document: OpenApi;
beforeAll(async () => {
  api = await startApiFixture({ limits: { maxFailuresPerMinute: 100_000 } });
  document = await readOpenApi(api.url);
});
afterAll(async () => api.close());

const SAMPLES = 60;
/** A valid call waits for a worker, and there is none here. */
const WAITS: ReadonlySet<string> = new Set(['createChatCompletion', 'createResponse']);
const PATIENCE_MS = 8_000;
const WAITING_MS = 300;

interface Sample {
  path: string;
  init: RequestInit;
}

function samplesOf({ method, path, parameters, bodies }: OpenApiOperation): fc.Arbitrary<Sample> {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('job_1', '..', '%00', '0', '-1', 'x'.repeat(300)),
  );
  const ids = fc.record(
    Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name as string, text])),
  );
  const named = parameters.filter((parameter) => parameter.in === 'query');
  const query = fc.record(
    Object.fromEntries([...named.map(({ name }) => name), 'unknown'].map((name) => [name, text])),
    { requiredKeys: [] },
  );
  const schema = bodies['application/json']?.schema;
  const body = schema
    ? fc.oneof(
        {
          weight: 6,
          arbitrary: arbitraryOfSchema(schema, document.schemas).map((value) => JSON.stringify(value) ?? ''),
        },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
      )
    : fc.constant(null);
  return fc.tuple(ids, query, body).map(([values, search, content]) => ({
    path: `${path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(wellFormed(values[name] ?? '')))}?${new URLSearchParams(search as Record<string, string>).toString()}`,
    init: {
      method,
      ...(content === null ? {} : { body: content, headers: { 'content-type': 'application/json' } }),
    },
  }));
}

/** A lone surrogate can't be written into a URL. */
const wellFormed = (text: string): string => text.toWellFormed() || 'x';

async function call({ path, init }: Sample, patienceMs: number): Promise<string> {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), patienceMs);
  try {
    const answer = await api.request(path, { ...init, signal: control.signal });
    const { status } = answer;
    if (status >= 500) return `${status}: ${await answer.text()}`;
    if (status >= 400) {
      const { error } = (await answer.json()) as {
        error?: { code?: string; type?: string; message?: string };
      };
      const isKnown = path.startsWith('/v1/messages')
        ? error?.type
        : error?.code && Object.hasOwn(API_ERRORS, error.code);
      if (!isKnown || !error?.message)
        return `${status} without an error of the contract: ${JSON.stringify(error)}`;
    } else if (answer.headers.get('content-type')?.includes('event-stream')) control.abort();
    else await answer.arrayBuffer();
    return 'ok';
  } catch (error) {
    if (!control.signal.aborted) return String(error);
    return patienceMs === WAITING_MS ? 'ok' : 'no answer in time';
  } finally {
    clearTimeout(timer);
  }
}

test('no route fails, hangs or answers outside the contract, whatever is sent', async () => {
  const rows: string[] = [];
  for (const operation of document.operations.filter(({ path }) => path.startsWith('/v1/'))) {
    const patienceMs = WAITS.has(operation.operationId) ? WAITING_MS : PATIENCE_MS;
    for (const sample of fc.sample(samplesOf(operation), { numRuns: SAMPLES, seed: 42 })) {
      const outcome = await call(sample, patienceMs);
      if (outcome !== 'ok') {
        const body = typeof sample.init.body === 'string' ? sample.init.body.slice(0, 300) : '';
        rows.push(`${operation.method} ${sample.path.slice(0, 120)} ${body}\n    ${outcome.slice(0, 300)}`);
      }
    }
  }
  expect(rows).toEqual([]);
  expect((await api.request('/readyz')).status).toBe(200);
}, 180_000);

test('the same load again leaves no memory behind', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heapMb = (): number => {
    collect();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const [submit] = document.operations.filter(({ operationId }) => operationId === 'submitJob');
  const round = async (): Promise<void> => {
    for (const sample of fc.sample(samplesOf(submit as OpenApiOperation), { numRuns: 300, seed: 7 })) {
      await call(sample, PATIENCE_MS);
    }
  };
  await round();
  const before = heapMb();
  await round();
  await round();
  expect(heapMb() - before).toBeLessThan(20);
}, 120_000);

/** What its own check wants before it looks at further fields. */
const NEEDED: Readonly<Record<string, object>> = {
  createBatch: { input_file_id: 'file-1', endpoint: '/v1/chat/completions', completion_window: '24h' },
};

test('an unknown field of a body is a 400 that names it', async () => {
  const lenient: string[] = [];
  const withBody = document.operations.filter(
    ({ path, bodies }) => path.startsWith('/v1/') && bodies['application/json'] !== undefined,
  );
  for (const { method, path, operationId } of withBody) {
    const answer = await api.request(path.replaceAll(/\{\w+\}/g, 'nobody'), {
      method,
      body: JSON.stringify({ ...NEEDED[operationId], nobody_knows: 1 }),
      headers: { 'content-type': 'application/json' },
    });
    const text = await answer.text();
    if (answer.status === 400 && text.includes('nobody_knows')) continue;
    lenient.push(`${method} ${path}: ${answer.status} ${text.slice(0, 120)}`);
  }
  expect(withBody.length).toBeGreaterThan(10);
  expect(lenient).toEqual([]);
});
