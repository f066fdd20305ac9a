import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderStatus } from '@sluice/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startStack, type Stack } from '../support/start-stack.ts';
import { until } from '../support/until.ts';

let stack: Stack;
let page: Server;
let answer = { status: { indicator: 'none', description: 'All Systems Operational' } };
let asked = 0;
beforeAll(async () => {
  page = createServer((_request, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const { port } = page.address() as AddressInfo;
  stack = await startStack({
    config: {
      providers: { openai: { status_url: `http://127.0.0.1:${port}/api/v2/status.json` } },
      breaker: { status_interval: '200ms' },
    },
  });
});
afterAll(async () => {
  await stack.close();
  page.close();
});

async function trouble(): Promise<string | null> {
  const status = (await (await stack.request('/v1/providers/openai')).json()) as ProviderStatus;
  return status.reported_trouble;
}

test('what a status page reports is shown, and does not keep anybody from calling', async () => {
  await until(() => asked > 0, { what: 'the first look at the page' });
  expect(await trouble()).toBeNull();
  answer = { status: { indicator: 'major', description: 'Elevated errors on the API' } };
  expect(await until(trouble, { what: 'the report' })).toBe('Elevated errors on the API');
  const { id } = await stack.submit({ request: { messages: [{ role: 'user', content: 'Hello' }] } });
  expect((await stack.ended(id)).status).toBe('completed');
  answer = { status: { indicator: 'minor', description: 'Delays of the dashboard' } };
  await until(async () => (await trouble()) === null, { what: 'the end of the report' });
});
