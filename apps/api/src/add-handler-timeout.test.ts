import Fastify from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addErrorHandler } from './add-error-handler.ts';
import { addHandlerTimeout } from './add-handler-timeout.ts';
import type { ApiServer } from './api-server.ts';

let app: ApiServer;
let url: string;
beforeEach(async () => {
  app = Fastify();
  addErrorHandler(app, { baseUrl: () => '', failures: { count: async () => undefined } });
  addHandlerTimeout(app, { handlerTimeoutMs: 50 });
  const untilGone = async (gone: AbortSignal): Promise<string> => {
    if (!gone.aborted) await new Promise((resolve) => gone.addEventListener('abort', resolve));
    return 'late';
  };
  app.post('/hangs', ({ gone }) => untilGone(gone));
  app.get('/hangs', ({ gone }) => untilGone(gone));
  app.post('/quick', async ({ gone }) => ({ gone: gone.aborted }));
  url = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(() => app.close());

const body = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };

test.each([
  ['a GET', {}],
  ['a POST whose body has been read', body],
])('%s that hangs is a 503', async (_name, init) => {
  const answer = await fetch(`${url}/hangs`, init);
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('2');
  expect(await answer.json()).toMatchObject({ error: { code: 'request_timeout' } });
});

test('a caller who has sent a body and waits has not gone', async () => {
  expect(await (await fetch(`${url}/quick`, body)).json()).toEqual({ gone: false });
});
