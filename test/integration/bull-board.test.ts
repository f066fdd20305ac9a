import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, startApiFixture, type ApiFixture } from './api-fixture.ts';

let api: ApiFixture;

beforeAll(async () => {
  api = await startApiFixture();
});
afterAll(() => api.close());

const asBrowser = (password: string) => ({
  headers: { authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}` },
});

interface Board {
  queues: { name: string; readOnlyMode: boolean; counts: Record<string, number> }[];
}

describe('/queues', () => {
  it('makes a browser ask for the key, and refuses a wrong one', async () => {
    for (const init of [{}, asBrowser('sk_sluice_wrong')]) {
      const answer = await fetch(`${api.url}/queues`, init);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(answer.headers.get('x-request-id')).toBeTruthy();
      expect((await refusal(answer)).status).toBe(401);
    }
    const data = await fetch(`${api.url}/queues/api/queues`);
    expect((await refusal(data)).code).toBe('missing_api_key');
  });

  it('is only for keys with the scope admin', async () => {
    const made = await api.post('/v1/keys', { name: 'caller', scopes: ['jobs:write', 'jobs:read'] });
    const { key } = (await made.json()) as { key: string };
    const answer = await fetch(`${api.url}/queues/api/queues`, asBrowser(key));
    expect(await refusal(answer)).toMatchObject({ status: 403, code: 'not_allowed' });
  });

  it('shows a page, its parts and the queues of every provider and tier', async () => {
    const page = await fetch(`${api.url}/queues`, asBrowser(api.adminKey));
    expect(page.status).toBe(200);
    const html = await page.text();
    const script = /src="([^"]+\.js)"/.exec(html)?.[1];
    expect(script).toBeDefined();
    const part = await fetch(new URL(script as string, `${api.url}/queues/`), asBrowser(api.adminKey));
    expect(part.status).toBe(200);
    const answer = await api.request('/queues/api/queues');
    const { queues } = (await answer.json()) as Board;
    expect(queues.map(({ name }) => name)).toEqual(
      ['anthropic', 'openai'].flatMap((provider) =>
        ['priority', 'standard', 'flex'].map((tier) => `${provider}.${tier}`),
      ),
    );
  });

  it('changes nothing', async () => {
    const { queues } = (await (await api.request('/queues/api/queues')).json()) as Board;
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    const paused = await api.request('/queues/api/queues/openai.flex/pause', { method: 'PUT' });
    expect(paused.status).toBeGreaterThanOrEqual(400);
    expect(await api.open.broker.queues.open('openai', 'flex').isPaused()).toBe(false);
  });

  it('is no part of the OpenAPI document', async () => {
    const document = await (await fetch(`${api.url}/openapi.json`)).text();
    expect(document).not.toContain('"/queues');
  });
});
